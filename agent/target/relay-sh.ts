/**
 * The lifeline relay for a host with neither perl nor python: plain POSIX sh (dash, bash, busybox ash), for
 * `sh -c TEXT sh IDLE_SECONDS GRACE_SECONDS PROGRAM ARGUMENT…`. See `relay.ts` for what every variant owes its callers.
 *
 * What it cannot do, and the others can:
 * - it does not touch the program's output (no coalescing, no 1 MiB pipe): the program writes straight to our stdout;
 * - so a closed stdout is noticed by the program's own next write (SIGPIPE), and a silent program lives on until the
 *   lifeline ends;
 * - there is no prctl: after a SIGKILL of the relay a guard process sees within about a second that it is gone and ends
 *   the program;
 * - `read -t` is not in POSIX, so silence is counted by the guard in whole seconds, and pings must be whole lines.
 *
 * Three processes stand by the program: this shell waits for it, the reader turns lines on the lifeline into signals
 * (USR1 = alive), the guard counts seconds. Reader and guard keep no copy of stdout and stderr: whoever reads these must
 * see their end when the program ends. A `wait` that a trap interrupts says 128+n, so it is repeated; a shell that has
 * forgotten the program by then says 127, so the first word counts.
 */
export const relaySh = String.raw`# glockscope relay: passes on what its program prints, ends it when stdin falls silent
idle=$1 grace=$2 relay=$$ why=own code=
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
trap '' USR1 USR2
guard() {
  seconds=0 ending=
  trap 'seconds=0' USR1
  trap 'seconds=0 ending=1' USR2
  while sleep 1; do
    seconds=$((seconds + 1))
    kill -0 "$program" || exit
    if [ "$ending" ]; then
      [ "$seconds" -le "$grace" ] || kill -KILL "$program"
    elif ! kill -0 "$relay"; then
      seconds=0 ending=1
      kill -TERM "$program"
    elif [ "$idle" -gt 0 ] && [ "$seconds" -gt "$idle" ]; then
      kill -USR2 "$relay"
    fi
  done
}
reader() {
  while read -r ping; do kill -USR1 "$guard" || exit; done
  kill -USR1 "$relay"
}
halt() {
  again=1
  [ "$why" = own ] || return 0
  why=$1
  kill -TERM "$program" 2>/dev/null
  kill -USR2 "$guard" 2>/dev/null
}
guard 3<&- >/dev/null 2>&1 &
guard=$!
reader <&3 3<&- >/dev/null 2>&1 &
reader=$!
exec 3<&-
trap 'halt lifeline' USR1
trap 'halt idle' USR2
trap 'halt signal' HUP TERM INT
again=1
while [ "$again" ]; do
  again=
  wait "$program"
  now=$?
  [ "$code" ] && [ "$now" -eq 127 ] || code=$now
done
kill "$guard" "$reader" 2>/dev/null
printf '\nglockscope-relay: exit %s %s\n' "$code" "$why" >&2
exit "$code"
`;
