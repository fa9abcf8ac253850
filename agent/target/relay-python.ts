/**
 * The lifeline relay in Python 3.6 or later, for `python3 -I -c TEXT IDLE_SECONDS GRACE_SECONDS PROGRAM ARGUMENT…`
 * (3.6 is RHEL 8's platform-python). See `relay.ts` for what every variant owes its callers.
 *
 * Imports the standard library only; a Python without ctypes does without prctl(PR_SET_PDEATHSIG = 1, SIGKILL).
 * `-I` keeps modules of the current directory out. Its own stdout is non-blocking: a relay stuck in a write to a frozen
 * reader would never notice that the pings stopped. A poll mask of 0 on stdout still reports that its reader has closed.
 */
export const relayPython = String.raw`# glockscope relay: passes on what its program prints, ends it when stdin falls silent
import errno, fcntl, os, select, signal, sys, time
try:
    import ctypes
    prctl = ctypes.CDLL(None).prctl
except Exception:
    prctl = None
idle, grace, program = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
ROOM, HOLD = 1 << 20, 0.01
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL
relay = os.getpid()
out, into = os.pipe()
try:
    fcntl.fcntl(into, 1031, ROOM)
except OSError:
    pass
pid = os.fork()
if pid == 0:
    try:
        if prctl:
            prctl(1, 9, 0, 0, 0)
        if os.getppid() != relay:
            os._exit(125)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)
        os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
        os.dup2(into, 1)
        os.execvp(program[0], program)
    except OSError as e:
        os.write(2, os.fsencode('glockscope-relay: cannot run %s: %s\n' % (program[0], e.strerror)))
        os._exit(127 if e.errno == errno.ENOENT else 126)
os.close(into)
os.set_blocking(out, False)
os.set_blocking(1, False)
held, flowing, alive, watched = bytearray(), True, True, True
code, why, halted, moved, heard = None, 'own', None, 0, time.monotonic()


def halt(reason):
    global halted, why
    if halted is None:
        halted, why = time.monotonic(), reason
        if code is None:
            os.kill(pid, signal.SIGTERM)


def cut():
    global watched, why
    watched = False
    halt('stdout')
    why = 'stdout'
    held.clear()


for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: halt('signal'))
while code is None or flowing or held:
    poll = select.poll()
    if alive:
        poll.register(0, select.POLLIN)
    if watched:
        poll.register(1, select.POLLOUT if held else 0)
    if flowing and len(held) < ROOM:
        poll.register(out, select.POLLIN)
    ready = dict(poll.poll(1000 if flowing and code is None else 50))
    now = time.monotonic()
    if 0 in ready:
        try:
            pings = os.read(0, 4096)
        except (BlockingIOError, InterruptedError):
            pings = b'.'
        except OSError:
            pings = b''
        if pings:
            heard = now
        else:
            alive = False
            halt('lifeline')
    elif alive and idle and now - heard > idle:
        alive = False
        halt('idle')
    if ready.get(1, 0) & GONE:
        cut()
    if code is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    got = b''
    if flowing and len(held) < ROOM and (code is not None or out in ready):
        try:
            got = os.read(out, ROOM - len(held))
            flowing = bool(got)
            held += got
        except BlockingIOError:
            flowing = code is None
    if why == 'stdout':
        held.clear()
    elif held:
        try:
            del held[:os.write(1, held)]
            moved = now
        except BlockingIOError:
            pass
        except OSError:
            cut()
    if halted is not None:
        if code is None and now - halted > grace:
            os.kill(pid, signal.SIGKILL)
        if now - max(moved, halted) > grace + 5:
            break
    if got and not held and code is None:
        time.sleep(HOLD)
code = 137 if code is None else code
try:
    os.write(2, ('\nglockscope-relay: exit %d %s\n' % (code, why)).encode())
except OSError:
    pass
os._exit(code)
`;
