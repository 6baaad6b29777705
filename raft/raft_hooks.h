/*
 * The only expansion of a build's list of modules: one inline function a hook.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The records are constants that the compiler sees, so each `if` folds away and
 * each call is direct; an empty list leaves nothing. RAFT_EXTENSION_ACTIVE is
 * `true` in a real build; in the simulator's masked one it looks at the member.
 */
#ifndef OUTRIGGER_RAFT_HOOKS_H
#define OUTRIGGER_RAFT_HOOKS_H

#include "raft/state.h"

/** Runs `act` for each module of this member that has the hook. */
#define RAFT_HOOK(module, hook, act)                                           \
	if (raft_##module##_extension.hook != NULL &&                          \
	    RAFT_EXTENSION_ACTIVE(r, raft_##module##_number)) {                \
		act;                                                           \
	}

/** Mostly there is none. */
static inline void
raft_hook_heed(struct raft *r, struct raft_intent intent)
{
	if (intent.kind != RAFT_INTENT_NONE)
		raft__carry_out(r, intent);
}

static inline void
raft_hook_role_changed(struct raft *r, enum raft_reason reason)
{
#define TELL(m)                                                                \
	RAFT_HOOK(m, role_changed, raft_##m##_extension.role_changed(r, reason))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r, (void)reason;
}

static inline void
raft_hook_vote_given(struct raft *r)
{
#define TELL(m) RAFT_HOOK(m, vote_given, raft_##m##_extension.vote_given(r))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r;
}

static inline void
raft_hook_vote_answered(struct raft *r, uint64_t peer,
			const struct raft_vote_answer *answer)
{
#define TELL(m)                                                                \
	RAFT_HOOK(m, vote_answered,                                            \
		  raft_##m##_extension.vote_answered(r, peer, answer))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r, (void)peer, (void)answer;
}

static inline void
raft_hook_preliminary_answered(struct raft *r, uint32_t position,
			       uint64_t round, enum raft_refusal refusal)
{
#define TELL(m)                                                                \
	RAFT_HOOK(m, preliminary_answered,                                     \
		  raft_##m##_extension.preliminary_answered(r, position,       \
							    round, refusal))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r, (void)position, (void)round, (void)refusal;
}

static inline void
raft_hook_configured(struct raft *r)
{
#define TELL(m) RAFT_HOOK(m, configured, raft_##m##_extension.configured(r))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r;
}

static inline void
raft_hook_member_status(const struct raft *r, uint32_t position,
			struct raft_member_status *status)
{
#define TELL(m)                                                                \
	RAFT_HOOK(m, member_status,                                            \
		  raft_##m##_extension.member_status(r, position, status))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r, (void)position, (void)status;
}

/** The first reason. */
static inline enum raft_refusal
raft_hook_refuses_vote(struct raft *r, const struct raft_vote_request *request)
{
	enum raft_refusal refusal = RAFT_REFUSAL_NONE;

#define ASK(m)                                                                 \
	RAFT_HOOK(m, refuses_vote,                                             \
		  refusal = raft_##m##_extension.refuses_vote(r, request);     \
		  if (refusal != RAFT_REFUSAL_NONE) return refusal)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r, (void)request;
	return refusal;
}

/** The first yes. */
static inline bool
raft_hook_takes_candidacy(struct raft *r, enum raft_reason reason)
{
#define ASK(m)                                                                 \
	RAFT_HOOK(m, takes_candidacy,                                          \
		  if (raft_##m##_extension.takes_candidacy(r, reason))         \
		      return true)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r, (void)reason;
	return false;
}

/** The sum. */
static inline uint64_t
raft_hook_candidacy_delay(struct raft *r)
{
	uint64_t delay = 0;

#define ASK(m)                                                                 \
	RAFT_HOOK(m, candidacy_delay,                                          \
		  delay += raft_##m##_extension.candidacy_delay(r))
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r;
	return delay;
}

/** The first refusal. */
static inline enum raft_result
raft_hook_refuses(struct raft *r, enum raft_action action)
{
	enum raft_result result = RAFT_OK;

#define ASK(m)                                                                 \
	RAFT_HOOK(m, refuses,                                                  \
		  result = raft_##m##_extension.refuses(r, action);            \
		  if (result != RAFT_OK) return result)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r, (void)action;
	return result;
}

/** The first refusal. */
static inline enum raft_result
raft_hook_refuses_configuration(const struct raft *r,
				const struct raft_configuration *target,
				struct raft_shortfall *shortfall)
{
	enum raft_result result = RAFT_OK;

#define ASK(m)                                                                 \
	RAFT_HOOK(m, refuses_configuration,                                    \
		  result = raft_##m##_extension.refuses_configuration(         \
		      r, target, shortfall);                                   \
		  if (result != RAFT_OK) return result)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r, (void)target, (void)shortfall;
	return result;
}

/** The first yes. */
static inline bool
raft_hook_vouches(struct raft *r, uint64_t bound_us, uint64_t *index)
{
#define ASK(m)                                                                 \
	RAFT_HOOK(m, vouches,                                                  \
		  if (raft_##m##_extension.vouches(r, bound_us, index))        \
		      return true)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r, (void)bound_us, (void)index;
	return false;
}

/** The least. */
static inline uint64_t
raft_hook_deadline(const struct raft *r)
{
	uint64_t least = UINT64_MAX;

#define ASK(m)                                                                 \
	RAFT_HOOK(m, deadline,                                                 \
		  uint64_t at = raft_##m##_extension.deadline(r);              \
		  least = at < least ? at : least)
	RAFT_EXTENSIONS(ASK)
#undef ASK
	(void)r;
	return least;
}

/** Gives a module its message. False: this member has no such module. */
static inline bool
raft_hook_receive(struct raft *r, const struct raft_message *message)
{
#define GIVE(m)                                                                \
	RAFT_HOOK(m, receive,                                                  \
		  if (message->extension.module == raft_##m##_number) {        \
			  raft_hook_heed(r, raft_##m##_extension.receive(      \
						r, message));                  \
			  return true;                                         \
		  })
	RAFT_EXTENSIONS(GIVE)
#undef GIVE
	(void)r, (void)message;
	return false;
}

/** To each: they tell their own by its round. False: none of this member's modules
 *  asks for such. */
static inline bool
raft_hook_offered(struct raft *r, const struct raft_message *message)
{
	bool is_known = false;

#define GIVE(m)                                                                \
	RAFT_HOOK(m, offered, is_known = true; raft_hook_heed(                 \
		  r, raft_##m##_extension.offered(r, message)))
	RAFT_EXTENSIONS(GIVE)
#undef GIVE
	(void)r, (void)message;
	return is_known;
}

/** Each module's intent is carried out before the next is asked. */
static inline void
raft_hook_expire(struct raft *r)
{
#define GIVE(m)                                                                \
	RAFT_HOOK(m, expire,                                                   \
		  raft_hook_heed(r, raft_##m##_extension.expire(r)))
	RAFT_EXTENSIONS(GIVE)
#undef GIVE
	(void)r;
}

static inline void
raft_hook_acknowledged(struct raft *r, struct raft_identity peer,
		       const struct raft_append_answer *answer)
{
#define GIVE(m)                                                                \
	RAFT_HOOK(m, acknowledged,                                             \
		  raft_hook_heed(r, raft_##m##_extension.acknowledged(         \
					r, peer, answer)))
	RAFT_EXTENSIONS(GIVE)
#undef GIVE
	(void)r, (void)peer, (void)answer;
}

/** All are told before the first intent is carried out: the leader that one of them
 *  forgets for it is still one to those after it. */
static inline void
raft_hook_peer_closed(struct raft *r, uint64_t peer)
{
#define GIVE(m)                                                                \
	struct raft_intent m##_intent = { 0 };                                 \
	RAFT_HOOK(m, peer_closed,                                              \
		  m##_intent = raft_##m##_extension.peer_closed(r, peer))
	RAFT_EXTENSIONS(GIVE)
#undef GIVE
#define HEED(m) raft_hook_heed(r, m##_intent);
	RAFT_EXTENSIONS(HEED)
#undef HEED
	(void)r, (void)peer;
}

/** Each gets its own. */
static inline void
raft_hook_options_given(struct raft *r, const void *const *options)
{
#define TELL(m)                                                                \
	RAFT_HOOK(m, options_given,                                            \
		  raft_##m##_extension.options_given(                          \
		      r, options[raft_##m##_number]))
	RAFT_EXTENSIONS(TELL)
#undef TELL
	(void)r, (void)options;
}

/** This member's modules and what they give it, as messages carry it. */
static inline uint64_t
raft_hook_capabilities(const struct raft *r)
{
	uint64_t capabilities = 0;

#define ADD(m)                                                                 \
	RAFT_HOOK(m, name,                                                     \
		  capabilities |= raft_##m##_extension.capabilities |          \
				  UINT64_C(1) << raft_##m##_number)
	RAFT_EXTENSIONS(ADD)
#undef ADD
	(void)r;
	return capabilities;
}

/** NULL: no module of this build has that number. */
static inline const struct raft_extension *
raft_hook_find(uint16_t number)
{
	/* Two modules with one number are two equal cases: a compile error. */
	switch (number) {
#define FIND(m)                                                                \
	case raft_##m##_number:                                                \
		return &raft_##m##_extension;
		RAFT_EXTENSIONS(FIND)
#undef FIND
	default:
		return NULL;
	}
}

#endif
