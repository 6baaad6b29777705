# Completion of outrigger-ctl for bash: put it where bash-completion looks, as
# outrigger-ctl, or read it with `.`.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# The ids of the members, as the server in folder $2 knows them; $1 is the program.
_outrigger_ctl_ids() {
	"$1" "$2" status --json --timeout 1 2>/dev/null |
	    grep -o '"members":.*' | grep -o '{"id":[0-9]*' | grep -o '[0-9]*'
}

_outrigger_ctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]-}
	local options="--json --timeout --help" words=() i

	# What is no option, before this word.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--timeout | --count) ((i++)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	COMPREPLY=()
	case $before in
	--timeout | --count) return ;;
	esac
	[ "${words[1]-}" != watch ] || options="$options --count"
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
		return
	fi
	case ${#words[@]}:${words[1]-} in
	0:*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		;;
	1:*)
		mapfile -t COMPREPLY < <(compgen -W "status watch add learn \
		    remove promote demote replace stand-in move transfer \
		    step-down leases snapshot reload metrics" -- "$word")
		;;
	2:remove | 2:promote | 2:demote | 2:transfer | 2:move | 2:stand-in | \
	2:replace | 3:replace)
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(_outrigger_ctl_ids "${COMP_WORDS[0]}" "${words[0]}")" \
		    -- "$word")
		;;
	esac
}

complete -F _outrigger_ctl outrigger-ctl
