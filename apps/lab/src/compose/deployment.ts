import { services, type ServiceName } from '@faultline/contracts';
import { BadInput, RunFailed } from '../errors';
import { type ComposeOptions, composeWords, type Docker, DockerFailed, DockerMissing } from './docker';

/** How many replicas of each service that may have several. `event-log` is one: the record has one writer. */
export type Replicas = Record<Exclude<ServiceName, 'event-log'>, number>;

/** Services in containers on a small, busy machine take their time; what is not healthy then will not be. */
const HEALTHY_SECONDS = 300;
/** Where commands run that last as long as a container. */
const LAB = 'lab';
const SCALED = services.filter((service) => service !== 'event-log');

/** A deployment by `docker compose`, of which nobody but us changes the size meanwhile. */
export class ComposeDeployment {
  /** What it had when it was found. */
  private found: Replicas | undefined;
  /** What was set last; undefined while that is not known. */
  private set: Replicas | undefined;
  private readonly stopping = new AbortController();

  private constructor(
    private readonly docker: Docker,
    /** Name of its compose project. */
    readonly project: string,
    private readonly tell: (line: string) => void,
  ) {}

  /** Finds the deployment of this folder, and changes nothing. Throws {@link BadInput} in one line for whatever is missing. */
  static async find(docker: Docker, tell: (line: string) => void): Promise<ComposeDeployment> {
    try {
      await docker.compose('version', ['--short']).catch(refuseWithoutCompose);
      const text = await docker
        .compose('config', ['--format', 'json'], { profile: LAB })
        .catch(refuseWithoutFile);
      const { name = '', services: written = {} } = JSON.parse(text) as {
        name?: string;
        services?: Record<string, unknown>;
      };
      const missing = [...services, LAB].filter((service) => !(service in written));
      if (missing.length > 0)
        throw new BadInput(
          `compose project '${name}' has no service ${missing.join(', ')}: expected that of faultline's docker-compose.yml; run in its folder, or set COMPOSE_FILE`,
        );
      // Asks the engine, which config does not.
      await docker.compose('ps', ['--quiet']);
      return new ComposeDeployment(docker, name, tell);
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      throw new BadInput(`--compose: ${error.message}`, { cause: error });
    }
  }

  /**
   * Gives every service so many replicas, and waits until all are healthy. Does nothing when that is what was set last. The first time
   * it is brought up if it is not. Rejects with {@link RunFailed}, and with `Interrupted` after {@link stop}.
   */
  async scaleTo(replicas: Replicas): Promise<void> {
    this.found ??= await this.standing();
    if (this.set && isSame(this.set, replicas)) return;
    this.set = undefined;
    this.tell(`deployment ${this.project}: ${words(replicas)}`);
    await this.scale(replicas, this.stopping);
    this.set = replicas;
  }

  /** What is under way is given up, and nothing is begun any more but {@link giveBack}. */
  stop(): void {
    this.stopping.abort();
  }

  /** Brings it back to the size it was found with; does nothing when it was not touched. Rejects with {@link RunFailed}. */
  async giveBack(): Promise<void> {
    const { found } = this;
    if (!found || (this.set && isSame(this.set, found))) return;
    this.tell(`deployment ${this.project}: back to ${words(found)}`);
    await this.scale(found);
    this.set = found;
  }

  /** Ends what is under way, at once. */
  kill(): void {
    this.docker.kill();
  }

  /** The words of a command of docker that runs a script of ours in a container of it, which lasts as long as the script. */
  inLab(script: string): { file: string; words: string[]; environment: NodeJS.ProcessEnv } {
    const words = composeWords('run', '--rm', '-T', '--entrypoint', 'node', LAB, script);
    return { file: 'docker', words, environment: this.docker.environment };
  }

  /** Its size, after it was brought up where it was not. */
  private async standing(): Promise<Replicas> {
    const running = await this.running();
    if (services.every((service) => running.has(service))) return replicasOf(running);
    this.tell(
      `deployment ${this.project} is not up: bringing it up, which builds its images where that was not done; it stays up`,
    );
    await this.docker.compose('up', waiting(), this.stopping);
    return replicasOf(await this.running());
  }

  private async running(): Promise<Map<string, number>> {
    const names = await this.docker.compose('ps', ['--format', '{{.Service}}'], this.stopping);
    const counts = new Map<string, number>();
    for (const name of names.split(/\s+/)) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  /** New replicas are of the image that is there, like those that run: a mixture would be measured else. */
  private async scale(replicas: Replicas, options?: ComposeOptions): Promise<void> {
    const scales = SCALED.flatMap((service) => ['--scale', `${service}=${replicas[service]}`]);
    await this.docker.compose('up', [...waiting(), '--no-recreate', '--no-build', ...scales], options);
  }
}

const waiting = (): string[] => ['--detach', '--wait', '--wait-timeout', String(HEALTHY_SECONDS)];

function refuseWithoutCompose(error: unknown): never {
  const needed = 'expected Docker Engine 25 or later with its Compose plugin';
  if (error instanceof DockerMissing)
    throw new RunFailed(`${error.message}; ${needed}, and docker on the PATH`, { cause: error });
  throw new RunFailed(`docker has no Compose plugin: ${needed}`, { cause: error });
}

function refuseWithoutFile(error: unknown): never {
  if (!(error instanceof DockerFailed)) throw error;
  throw new RunFailed(`${error.message}; run in the folder of the deployment, or set COMPOSE_FILE`, {
    cause: error,
  });
}

function replicasOf(counts: ReadonlyMap<string, number>): Replicas {
  const entries = SCALED.map((service) => [service, counts.get(service) ?? 0]);
  return Object.fromEntries(entries) as Replicas;
}

const isSame = (one: Replicas, other: Replicas): boolean =>
  SCALED.every((service) => one[service] === other[service]);

/** `iommu 1, iopf-worker 2`. */
const words = (replicas: Replicas): string =>
  SCALED.map((service) => `${service} ${replicas[service]}`).join(', ');
