# Completion of skiff for bash: source it, or install it as skiff in bash-completion's directory.

_skiff_machines() {
	skiff ps "$@" -q 2>/dev/null
}

_skiff() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd=${COMP_WORDS[1]}
	local commands="run syscalls version help attach exec inspect kill logs pause ps resume rm stats stop top update wait"

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		return
	fi
	case $cmd in
	help)
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	run)
		case $prev in
		--root | --overlay | -w) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
		--trace-file | --env-file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		--restart) mapfile -t COMPREPLY < <(compgen -W "no on-failure always" -- "$cur") ;;
		*)
			if [[ $cur == -* ]]; then
				mapfile -t COMPREPLY < <(compgen -W "$(skiff help run | grep -o -- '--[a-z-]*' | sort -u)" -- "$cur")
			else
				mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
			fi
			;;
		esac
		;;
	inspect | logs | rm | wait)
		mapfile -t COMPREPLY < <(compgen -W "$(_skiff_machines -a)" -- "$cur") ;;
	attach | exec | kill | pause | resume | stats | stop | top | update)
		mapfile -t COMPREPLY < <(compgen -W "$(_skiff_machines)" -- "$cur") ;;
	esac
}
complete -F _skiff skiff
