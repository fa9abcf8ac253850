/**
 * The lifeline relay in Perl, for `perl -e TEXT IDLE_SECONDS GRACE_SECONDS PROGRAM ARGUMENT…`. See `relay.ts` for what
 * every variant owes its callers.
 *
 * It uses `Config` only, which is in Debian's Essential perl-base and in RHEL's perl-libs; hence numbers in place of
 * names from Fcntl, Errno and POSIX (1031 F_SETPIPE_SZ, 3 and 4 F_GETFL and F_SETFL, 2048 O_NONBLOCK, 4 EINTR, 11 EAGAIN,
 * waitpid's 1 WNOHANG), all the same on x86_64, aarch64, ppc64le and s390x. prctl(PR_SET_PDEATHSIG = 1, SIGKILL = 9)
 * has a syscall number of its own on each machine and is left out on machines not listed.
 *
 * Time is /proc/uptime, not the clock: a clock set forward by a minute must not look like a minute without a ping.
 * Its own stdout is non-blocking: a relay stuck in a write to a frozen reader would never notice that the pings stopped.
 * select() says "readable" for the write end of a pipe only once the reader has closed it (POLLERR); where stdin and
 * stdout are the same socket, readable means a ping, so there stdout is not watched.
 */
export const relayPerl = String.raw`# glockscope relay: passes on what its program prints, ends it when stdin falls silent
use Config;
my ($idle, $grace) = splice @ARGV, 0, 2;
my ($room, $hold) = (1 << 20, 0.01);
my $relay = $$;
my ($halted, $code, $why) = (undef, undef, 'own');
$SIG{PIPE} = 'IGNORE';
pipe(my $out, my $in) or die "glockscope-relay: no pipe: $!\n";
fcntl($in, 1031, $room);
my $pid = fork;
die "glockscope-relay: no fork: $!\n" unless defined $pid;
if (!$pid) {
  my %prctl = (x86_64 => 157, aarch64 => 167, ppc64le => 171, powerpc64le => 171, s390x => 172);
  my ($machine) = $Config{archname} =~ /^([^-]+)/;
  syscall($prctl{$machine}, 1, 9, 0, 0, 0) if $prctl{$machine};
  exit 125 if getppid != $relay;
  $SIG{PIPE} = 'DEFAULT';
  open(STDIN, '<', '/dev/null');
  open(STDOUT, '>&', $in);
  exec { $ARGV[0] } @ARGV;
  my $errno = $! + 0;
  print STDERR "glockscope-relay: cannot run $ARGV[0]: $!\n";
  exit($errno == 2 ? 127 : 126);
}
close $in;
$SIG{$_} = sub { halt('signal') } for qw(HUP TERM INT);
$SIG{CHLD} = sub { };
open(my $uptime, '<', '/proc/uptime');
for my $end ($out, \*STDOUT) { my $flags = fcntl($end, 3, 0); fcntl($end, 4, $flags | 2048) if $flags }
my $watched = -p STDOUT || (-S STDOUT && (stat STDIN)[1] != (stat STDOUT)[1]);
my ($held, $flowing, $alive, $heard, $moved) = ('', 1, 1, now(), 0);
until (defined $code && !$flowing && !length $held) {
  my ($r, $w) = ('', '');
  vec($r, 0, 1) = 1 if $alive;
  vec($r, 1, 1) = 1 if $watched;
  vec($r, fileno $out, 1) = 1 if $flowing && length $held < $room;
  vec($w, 1, 1) = 1 if length $held;
  ($r, $w) = ('', '') if select($r, $w, undef, $flowing && !defined $code ? 1 : 0.05) < 0;
  my $now = now();
  if (vec($r, 0, 1)) {
    my $n = sysread(STDIN, my $pings, 4096);
    if ($n) { $heard = $now }
    elsif (defined $n || ($! != 4 && $! != 11)) { $alive = 0; halt('lifeline') }
  } elsif ($alive && $idle && $now - $heard > $idle) { $alive = 0; halt('idle') }
  if (vec($r, 1, 1)) { $watched = 0; cut() }
  $code = $? & 127 ? 128 + ($? & 127) : $? >> 8 if !defined $code && waitpid($pid, 1) == $pid;
  my $got = 0;
  if ($flowing && length $held < $room && (defined $code || vec($r, fileno $out, 1))) {
    $got = sysread($out, $held, $room - length $held, length $held);
    if (!defined $got) { $flowing = 0 if $! == 11 ? defined $code : $! != 4 }
    elsif (!$got) { $flowing = 0 }
  }
  if ($why eq 'stdout') { $held = '' }
  elsif (length $held) {
    my $put = syswrite(STDOUT, $held);
    if (defined $put) { substr($held, 0, $put, ''); $moved = $now }
    elsif ($! != 4 && $! != 11) { $watched = 0; cut() }
  }
  if (defined $halted) {
    kill 'KILL', $pid if !defined $code && $now - $halted > $grace;
    last if $now - ($moved > $halted ? $moved : $halted) > $grace + 5;
  }
  select(undef, undef, undef, $hold) if $got && !length $held && !defined $code;
}
$code = 137 unless defined $code;
print STDERR "\nglockscope-relay: exit $code $why\n";
exit $code;
sub halt { return if defined $halted; ($why) = @_; $halted = now(); kill 'TERM', $pid unless defined $code }
sub cut { halt('stdout'); $why = 'stdout'; $held = '' }
sub now { my $t; $uptime && sysseek($uptime, 0, 0) && sysread($uptime, $t, 32) ? (split ' ', $t)[0] : time }
`;
