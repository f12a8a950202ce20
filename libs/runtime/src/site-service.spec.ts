import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeSiteClaim,
  labSchema,
  NEWEST_FORMAT,
  type Presence,
  sitePresence,
  SITES_BUCKET,
  subjectsOf,
} from '@faultline/contracts';
import { jetStreamOf, type NatsLink, NatsLog, openKv, provision, provisionKv } from '@faultline/messaging';
import { Module } from '@nestjs/common';
import { pino } from 'pino';
import { eventually } from '../../hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../messaging/src/testkit/server.testkit';
import { CurrentEngagement } from './current-engagement';
import { ServicePorts } from './ports';
import { SiteService } from './site-service';
import { UnitService } from './unit-service';

let server: TestServer;
let link: NatsLink;
let directory: string;
beforeAll(async () => {
  server = await TestServer.start();
  link = await server.link();
  directory = mkdtempSync(join(tmpdir(), 'site-service-'));
});
afterAll(async () => {
  await link.close();
  await server.stop();
  rmSync(directory, { recursive: true });
});

let sites = 0;

/** A service at a site of its own, with what became of it. */
async function standing(options: { stop?: () => Promise<void> } = {}) {
  const site = `site-${(sites += 1)}`;
  const lived: string[] = [];
  const presences: string[] = [];
  const failures: Error[] = [];
  const heartbeatFile = join(directory, site);
  let ports: ServicePorts | undefined;

  class Units extends UnitService {
    constructor(private readonly own: ServicePorts) {
      super();
      ports = own;
    }
    start(): Promise<string[]> {
      lived.push(`started ${this.own.config.lab} in ${this.own.config.runDirectory}`);
      return Promise.resolve(['iommu.0']);
    }
    async stop(): Promise<void> {
      await options.stop?.();
      lived.push(`stopped ${this.own.config.lab}`);
    }
  }
  const provider = {
    provide: UnitService,
    useFactory: (own: ServicePorts) => new Units(own),
    inject: [ServicePorts],
  };
  class UnitModule {}
  Module({ providers: [provider] })(UnitModule);

  const config = {
    ...{
      service: 'iommu' as const,
      instance: `iommu-of-${site}`,
      natsServers: [server.url],
      lab: 'lab',
      site,
    },
    ...{
      session: 'spec',
      leaseMillis: 3_000,
      trimAbove: 0.5,
      format: NEWEST_FORMAT,
      replicas: 1,
      snapshotEvents: 50_000,
    },
    ...{ runDirectory: undefined, runsDirectory: '/runs', heartbeatFile, logLevel: 'silent' },
  };
  const logger = pino({ level: 'silent' });
  const current = new CurrentEngagement(config, logger);
  const service = new SiteService(config, site, logger, UnitModule, current, (error) => failures.push(error));
  const seen: string[] = [];
  current.watch((view) => {
    const units = view?.find(UnitService);
    seen.push(
      view ? `${view.config.lab} with ${units?.constructor.name} is ${view.presence?.state}` : 'nothing',
    );
  });
  await service.begin();
  const kv = await openKv(link, SITES_BUCKET);
  const name = (lab: string | null): Promise<number> =>
    kv.put(site, encodeSiteClaim({ run: 'r1', lab, holder: 'spec', since: 'now', beat: 0 }));

  /** Makes a laboratory, whose log has no scenario yet, and listens to who is in it. */
  async function emptyLaboratory(lab: string): Promise<NatsLog> {
    const jsm = await jetStreamOf(link);
    await provision(jsm, { lab, queues: [], logMaxBytes: 64 * 1024 ** 2 });
    link.nc.subscribe(subjectsOf(lab).control('lab', 'presence'), {
      callback: (_error, message) => {
        const { data } = message.json<{ data: Presence }>();
        if (presences.at(-1) !== `${lab} ${data.state}`) presences.push(`${lab} ${data.state}`);
      },
    });
    await link.nc.flush();
    return new NatsLog(link, { lab });
  }

  async function laboratory(lab: string): Promise<void> {
    const log = await emptyLaboratory(lab);
    await log.append({
      subject: subjectsOf(lab).labLog,
      headers: { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 },
      body: labSchema.encode([{ kind: 'ScenarioLoaded', run: 'r1', scenario: {}, atMicros: 1 }]),
      id: `scenario of ${lab}`,
    });
  }

  return {
    site,
    service,
    current,
    seen,
    name,
    kv,
    lived,
    presences,
    failures,
    heartbeatFile,
    laboratory,
    emptyLaboratory,
    ports: () => ports,
  };
}

describe('a service at a site', () => {
  it('serves one laboratory after the other, and leaves each in order', async () => {
    const { service, site, name, kv, lived, presences, laboratory, failures, seen, current } =
      await standing();
    const [a, b] = [`${site}-a`, `${site}-b`];
    await laboratory(a);
    await laboratory(b);
    await name(null);
    await name(a);
    await eventually('a', () => presences.includes(`${a} ready`));
    await name(b);
    await eventually('b', () => presences.includes(`${b} ready`));
    await kv.delete(site);
    await eventually('the end of b', () => presences.includes(`${b} left`));
    expect(lived).toEqual([
      `started ${a} in /runs/r1`,
      `stopped ${a}`,
      `started ${b} in /runs/r1`,
      `stopped ${b}`,
    ]);
    const course = (lab: string): string[] =>
      ['waiting', 'ready', 'stopping', 'left'].map((state) => `${lab} ${state}`);
    expect(presences).toEqual([...course(a), ...course(b)]);
    // What stands behind the door sees each of them come and go.
    const [first, second] = [a, b].map((lab) => `${lab} with Units is waiting`);
    expect([seen, current.now]).toEqual([[first, 'nothing', second, 'nothing'], undefined]);
    expect(current.siteLink?.nc.isClosed()).toBe(false);
    expect([await service.end(), failures]).toEqual([true, []]);
  });

  it('says at its site that it is there, before its first laboratory, in one and after it, to its last word', async () => {
    const heard: Presence[] = [];
    const listening = link.nc.subscribe(sitePresence(`site-${sites + 1}`), {
      callback: (_error, message) => heard.push(message.json<{ data: Presence }>().data),
    });
    await link.nc.flush();
    const { service, site, name, presences, laboratory } = await standing();
    const heardOn = (): Promise<unknown> => {
      const before = heard.length;
      return eventually('two words more', () => heard.length >= before + 2);
    };
    await heardOn();
    await laboratory(`${site}-a`);
    await name(`${site}-a`);
    await eventually('a', () => presences.includes(`${site}-a ready`));
    await heardOn();
    await name(null);
    await eventually('the end of a', () => presences.includes(`${site}-a left`));
    await heardOn();
    await service.end();
    await eventually('the last word', () => heard.at(-1)?.state === 'left');
    for (const said of heard.slice(0, -1))
      expect(said).toEqual({
        ...{ service: 'iommu', instance: `iommu-of-${site}`, session: 'spec', pid: process.pid },
        ...{ state: 'ready', units: [], deadLetters: 0 },
      });
    listening.unsubscribe();
  });

  it('says that it failed in a laboratory, does not come back to it, and serves the next', async () => {
    const { service, site, name, lived, presences, laboratory, failures, ports } = await standing();
    const [a, b] = [`${site}-a`, `${site}-b`];
    await laboratory(a);
    await laboratory(b);
    await name(a);
    await eventually('a', () => presences.includes(`${a} ready`));
    ports()?.fail(new Error('an invariant broke'));
    await eventually('the failure', () => presences.includes(`${a} failed`));
    await name(a);
    await name(b);
    await eventually('b', () => presences.includes(`${b} ready`));
    // What failed has nothing left to settle.
    expect(lived).toEqual([`started ${a} in /runs/r1`, `started ${b} in /runs/r1`]);
    expect([await service.end(), failures]).toEqual([true, []]);
    expect(presences.at(-1)).toBe(`${b} left`);
  });

  it('ends in order at any moment: before the scenario is there, too', async () => {
    const { service, site, name, lived, presences, emptyLaboratory } = await standing();
    await emptyLaboratory(site);
    await name(site);
    await eventually('its first word', () => presences.includes(`${site} waiting`));
    expect([await service.end(), lived]).toEqual([true, [`stopped ${site}`]]);
  });

  it('a laboratory that is not there is a failure of that laboratory alone', async () => {
    const { service, site, name, presences, laboratory, failures } = await standing();
    await name(`${site}-nowhere`);
    await laboratory(`${site}-b`);
    await name(`${site}-b`);
    await eventually('b', () => presences.includes(`${site}-b ready`));
    expect([await service.end(), failures]).toEqual([true, []]);
  });

  it('touches its heartbeat file while NATS answers, and outlives a restart of the server and the loss of the bucket', async () => {
    const { service, site, name, presences, laboratory, heartbeatFile, failures } = await standing();
    const touched = (): number => statSync(heartbeatFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    await eventually('the first beat', touched);
    await server.crashAndRestart();
    const then = touched();
    await eventually('a later beat', () => touched() > then);
    await eventually('the server', () => jetStreamOf(link).catch(() => undefined));
    const jsm = await jetStreamOf(link);
    await jsm.streams.delete(`KV_${SITES_BUCKET}`);
    // The next run makes the bucket anew.
    await provisionKv(jsm, SITES_BUCKET);
    await laboratory(`${site}-a`);
    await name(`${site}-a`);
    await eventually('a', () => presences.includes(`${site}-a ready`));
    expect([await service.end(), failures]).toEqual([true, []]);
  }, 40_000);
});
