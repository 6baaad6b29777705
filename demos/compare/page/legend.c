/*
 * How to read the drawings.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/page/legend.h"

#include "demos/compare/page/arrow.h"
#include "demos/compare/page/lanes.h"

void
legend_draw_patterns(FILE *out)
{
	fputs("<svg class=\"patterns\" width=\"0\" height=\"0\" "
	      "aria-hidden=\"true\"><defs>\n"
	      "<pattern id=\"stripes\" width=\"6\" height=\"6\" "
	      "patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\">"
	      "<path class=\"stripe\" d=\"M0 0h2.4v6h-2.4z\"/></pattern>\n"
	      "<pattern id=\"bars\" width=\"5\" height=\"5\" "
	      "patternUnits=\"userSpaceOnUse\">"
	      "<path class=\"bar\" d=\"M0 0h1.5v5h-1.5z\"/></pattern>\n"
	      "<pattern id=\"cross\" width=\"5\" height=\"5\" "
	      "patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\">"
	      "<path class=\"thread\" d=\"M0 0h1v5h-1zM0 0h5v1h-5z\"/>"
	      "</pattern>\n</defs></svg>\n",
	      out);
}

static void
draw_sample(const char *class, int top, int height, const char *word, FILE *out)
{
	fprintf(out,
		"<li><svg class=\"sample\" viewBox=\"0 0 30 15\" "
		"width=\"30\" height=\"15\" aria-hidden=\"true\">"
		"<path class=\"%s\" d=\"M1 %dh28v%dh-28z\"/></svg> %s</li>\n",
		class, top + 1, height, word);
}

void
legend_draw(FILE *out)
{
	fputs("<ul class=\"legend\">\n", out);
	for (size_t i = RAFT_SCENARIO_STATES; i-- > 0;)
		draw_sample(looks[i].class, looks[i].top, looks[i].height,
			    looks[i].word, out);
	draw_sample("acks", 3, 7, "acknowledges writes", out);
	draw_sample("outage", 0, LANES_STRIP,
		    "a write waits in vain for longer than 1T", out);
	fputs("<li><b>t5</b> the node is in term 5</li>\n"
	      "<li><b>13</b> what line 13 of the scenario says is done</li>\n"
	      "<li><b>M</b> mark: metrics begin to count again</li>\n"
	      "<li><b>T</b> the election timeout of the file</li>\n"
	      "</ul>\n",
	      out);
	arrow_draw_legend(out);
}
