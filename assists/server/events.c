/*
 * What the program is told (events.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assists/server/inside.h"

/** A line, with what stands around an event's own text. */
#define LINE_BYTES (2 * RAFT_SERVER_ERROR_BYTES + 128)

struct kind_of_news {
	const char *key;
	enum raft_server_severity severity;
	enum raft_server_event_kind kind;
};

static const struct kind_of_news news[] = {
#define NEWS_KIND(name, kind, severity, key)                                   \
	[NEWS_##name] = { key, RAFT_SERVER_SEVERITY_##severity,                \
			  RAFT_SERVER_EVENT_##kind },
	NEWS(NEWS_KIND)
#undef NEWS_KIND
};

#define RAFT(severity, key)                                                    \
	{                                                                      \
		"raft-" key, RAFT_SERVER_SEVERITY_##severity,                  \
		    RAFT_SERVER_EVENT_RAFT                                     \
	}

/** What a member says, by its kind. */
static const struct kind_of_news raft_news[] = {
	[0] = RAFT(INFO, "other"),
	[RAFT_EVENT_ROLE] = RAFT(INFO, "role"),
	[RAFT_EVENT_LEADER] = RAFT(NOTICE, "leader"),
	[RAFT_EVENT_CONFIGURATION] = RAFT(INFO, "configuration"),
	[RAFT_EVENT_STOPPED] = RAFT(ERROR, "stopped"),
	[RAFT_EVENT_INCOMPATIBLE] = RAFT(ERROR, "incompatible"),
	[RAFT_EVENT_PEER_STRANDED] = RAFT(WARNING, "peer-stranded"),
	[RAFT_EVENT_CONFIGURATION_COMMITTED] =
	    RAFT(NOTICE, "configuration-committed"),
	[RAFT_EVENT_REMOVED] = RAFT(NOTICE, "removed"),
	[RAFT_EVENT_SNAPSHOT_SENT] = RAFT(INFO, "snapshot-sent"),
	[RAFT_EVENT_SNAPSHOT_INSTALLED] = RAFT(INFO, "snapshot-installed"),
	[RAFT_EVENT_CAUGHT_UP] = RAFT(NOTICE, "caught-up"),
	[RAFT_EVENT_FELL_BEHIND] = RAFT(NOTICE, "fell-behind"),
	[RAFT_EVENT_CANNOT_KEEP_UP] = RAFT(WARNING, "cannot-keep-up"),
	[RAFT_EVENT_PEER_REGRESSED] = RAFT(ERROR, "peer-regressed"),
	[RAFT_EVENT_SNAPSHOT_REFUSED] = RAFT(WARNING, "snapshot-refused"),
	[RAFT_EVENT_SNAPSHOT_DAMAGED] = RAFT(ERROR, "snapshot-damaged"),
};

/* ------------------------------------------------------------------- as text */

static const char *
level_of(enum raft_server_severity severity)
{
	switch (severity) {
	case RAFT_SERVER_SEVERITY_ERROR:
		return "error";
	case RAFT_SERVER_SEVERITY_WARNING:
		return "warning";
	case RAFT_SERVER_SEVERITY_NOTICE:
		return "notice";
	case RAFT_SERVER_SEVERITY_INFO:
		return "info";
	default:
		return "debug";
	}
}

/** A text that grows, as far as there is room. */
struct line {
	char *text;
	size_t size;
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void
append(struct line *line, const char *format, ...)
{
	bool fits = line->length < line->size;
	va_list arguments;

	va_start(arguments, format);
	line->length += (size_t)vsnprintf(
	    fits ? line->text + line->length : NULL,
	    fits ? line->size - line->length : 0, format, arguments);
	va_end(arguments);
}

static void
append_number(struct line *line, const char *name, uint64_t number)
{
	if (number != 0)
		append(line, " %s=%" PRIu64, name, number);
}

/** The bytes of a letter beyond ASCII, in UTF-8; 0: it is none, or a control that
 *  terminals obey, U+0080 to U+009F. */
static int
letter_length(const unsigned char *at)
{
	static const uint32_t least[] = { 0, 0xa0, 0x800, 0x10000 };
	int more = at[0] < 0xc2   ? 0
		   : at[0] < 0xe0 ? 1
		   : at[0] < 0xf0 ? 2
		   : at[0] < 0xf5 ? 3
				  : 0;
	uint32_t letter = at[0] & (0x3fu >> more);

	/* The NUL at the end is no continuation. */
	for (int i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		letter = letter << 6 | (at[i] & 0x3fu);
	}
	return more > 0 && letter >= least[more] && letter <= 0x10ffff &&
		       (letter < 0xd800 || letter > 0xdfff)
		   ? more + 1
		   : 0;
}

/* What others have said may be in it: it stays one line, of one text. */
static void
append_text(struct line *line, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	int length;

	append(line, " text=\"");
	for (; *at != '\0'; at += length) {
		length = *at >= ' ' && *at < 0x7f ? 1 : letter_length(at);
		if (*at == '"' || *at == '\\')
			append(line, "\\%c", *at);
		else if (length > 0)
			append(line, "%.*s", length, (const char *)at);
		else
			append(line, "\\x%02x", *at);
		length += length == 0;
	}
	append(line, "\"");
}

int
raft_server_event_print(char *text, size_t size,
			const struct raft_server_event *event)
{
	struct line line = { text, size, 0 };

	append(&line, "level=%s", level_of(event->severity));
	append_number(&line, "server", event->server);
	append(&line, " event=%s", event->key);
	append_number(&line, "member", event->member);
	append_number(&line, "term", event->term);
	append_number(&line, "index", event->index);
	append_text(&line, event->text);
	return (int)line.length;
}

/* --------------------------------------------------------- on standard error */

/** Standard error goes to systemd's journal (systemd.exec(5)), which notes the time by
 *  itself and takes the level as sd-daemon(3) says. */
static bool
goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream != NULL &&
	       sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/** What a line begins with. */
static void
append_head(struct line *line, const struct raft_server_event *event)
{
	struct timespec now;
	struct tm utc;
	char when[32];

	if (goes_to_journal()) {
		append(line, "<%d>", (int)event->severity);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S",
		 gmtime_r(&now.tv_sec, &utc));
	append(line, "time=%s.%03ldZ ", when, now.tv_nsec / 1000000);
}

/* Raft's loop waits for nobody who reads: a pipe that has room for anything has it
 * for PIPE_BUF bytes. */
static bool
write_out(const char *text, size_t length)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0 &&
	       write(STDERR_FILENO, text, length) == (ssize_t)length;
}

/* stdio has a lock, which another thread may hold for as long as it likes. */
static void
write_line(struct raft_server *server, const struct raft_server_event *event)
{
	char text[2 * RAFT_SERVER_ERROR_BYTES], whole[LINE_BYTES];
	struct line line = { whole, sizeof(whole), 0 };

	raft_server_event_print(text, sizeof(text), event);
	append_head(&line, event);
	append(&line, "%s", text);
	append_number(&line, "left-out", server->lines_left_out);
	append(&line, "\n");
	if (write_out(whole, line.length))
		server->lines_left_out = 0;
	else
		server->lines_left_out++;
}

/* ------------------------------------------------------------------- telling */

static void
tell(struct raft_server *server, const struct raft_server_event *event)
{
	raft__parts_tell(server, event);
	if (server->machine.event != NULL)
		server->machine.event(server->context, event);
	else if (!server->options.is_quiet &&
		 event->severity < RAFT_SERVER_SEVERITY_DEBUG)
		write_line(server, event);
}

void
raft__server_say(struct raft_server *server, enum news what, uint64_t member,
		 uint64_t index, const char *format, ...)
{
	char text[RAFT_SERVER_ERROR_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tell(server, &(struct raft_server_event){
			 .kind = news[what].kind,
			 .severity = news[what].severity,
			 .key = news[what].key,
			 .server = server->folder.owner.self.id,
			 .member = member,
			 .index = index,
			 .text = text,
		     });
}

void
raft__server_say_event(struct raft_server *server,
		       const struct raft_event *event)
{
	bool is_known = (size_t)event->kind <
			sizeof(raft_news) / sizeof(raft_news[0]);
	const struct kind_of_news *what =
	    &raft_news[is_known ? (size_t)event->kind : 0];
	char text[RAFT_SERVER_ERROR_BYTES];

	raft_event_print(text, sizeof(text), event);
	tell(server, &(struct raft_server_event){
			 .kind = what->kind,
			 .severity = what->severity,
			 .key = what->key,
			 .server = server->folder.owner.self.id,
			 .member = event->peer,
			 .term = event->term,
			 .index = event->index,
			 .text = text,
			 .raft = event,
		     });
}

/* -------------------------------------------------------------- connections */

static enum news
news_of(enum raft_link_counter what)
{
	switch (what) {
	case RAFT_LINK_OK:
		return NEWS_STRANGERS;
	case RAFT_LINK_OPENED_OUT:
	case RAFT_LINK_OPENED_IN:
	case RAFT_LINK_OPENED_GUEST:
		return NEWS_CONNECTION_OPEN;
	case RAFT_LINK_LEFT:
	case RAFT_LINK_REPLACED:
	case RAFT_LINK_RENEWED:
	case RAFT_LINK_PLAIN:
		return NEWS_CONNECTION_RENEWED;
	case RAFT_LINK_CLOSED:
	case RAFT_LINK_STALLED:
	case RAFT_LINK_FAILED:
		return NEWS_CONNECTION_ENDED;
	case RAFT_LINK_UNREACHABLE:
		return NEWS_CONNECTION_FAILED;
	default:
		return NEWS_CONNECTION_REFUSED;
	}
}

/* One that is down for a night would fill the disk with one sentence. */
void
raft__server_traced(void *context, uint64_t peer, enum raft_link_counter what,
		    const char *text)
{
	struct raft_server *server = context;
	enum news told = news_of(what);

	if (raft__peers_is_told(&server->peers, peer, what) &&
	    told != NEWS_CONNECTION_OPEN)
		told = NEWS_STILL_FAILING;
	raft__server_say(server, told, peer, 0, "%s", text);
}
