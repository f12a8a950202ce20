import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A process that outlives the laboratory by a moment and ends what a killed laboratory (`kill -9`, out of memory) left running.
 * It reads the process groups to watch from a pipe whose end tells it that the laboratory is gone.
 */
const SCRIPT = `
trap '' INT TERM HUP
watched=' '
while read -r verb id; do
  case $verb in
    watch) watched="$watched$id " ;;
    forget) watched=$(printf '%s' "$watched" | sed "s/ $id / /") ;;
  esac
done
[ "$watched" = ' ' ] && exit 0
for id in $watched; do kill -TERM "-$id" 2>/dev/null; done
sleep "$1"
for id in $watched; do kill -KILL "-$id" 2>/dev/null; done
`;

/** Time the orphans get between TERM and KILL. */
const GRACE_SECONDS = 5;

export class Guard {
  private readonly process: ChildProcess;

  constructor(graceSeconds = GRACE_SECONDS) {
    // A group of its own, or Ctrl-C and a closed terminal would end the guard with the laboratory.
    this.process = spawn('sh', ['-c', SCRIPT, 'faultline-guard', String(graceSeconds)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Without a guard everything works but for the case it guards against.
    this.process.on('error', () => undefined);
    this.process.stdin?.on('error', () => undefined);
    this.process.unref();
  }

  /** Ends this process group should the laboratory disappear. */
  watch(group: number): void {
    this.process.stdin?.write(`watch ${group}\n`);
  }

  /** The process group has ended by itself; its number may soon be another's. */
  forget(group: number): void {
    this.process.stdin?.write(`forget ${group}\n`);
  }

  close(): void {
    this.process.stdin?.end();
  }
}
