import { FORMATS, NEWEST_FORMAT } from '@faultline/contracts';
import { readConfig, readProvisioning } from './config';
import { ConfigError } from './environment';

describe('readConfig', () => {
  it('names the instance by itself and has a default for everything', () => {
    expect(readConfig('iommu', {})).toMatchObject({
      service: 'iommu',
      instance: expect.stringMatching(/^iommu-.+-\d+$/) as string,
      natsServers: ['nats://127.0.0.1:4222'],
      lab: 'lab',
      logLevel: 'info',
    });
  });

  it('has the folder of studies that is said, and an empty word says none', () => {
    const folderOf = (said: string) =>
      readConfig('event-log', { FAULTLINE_STUDIES_DIR: said }).studiesDirectory;
    expect([folderOf('/data/studies'), folderOf('')]).toEqual(['/data/studies', undefined]);
  });

  it('takes several servers', () => {
    expect(readConfig('iommu', { NATS_URL: 'nats://a:1, nats://b:2' }).natsServers).toEqual([
      'nats://a:1',
      'nats://b:2',
    ]);
  });

  it.each([
    [
      { FAULTLINE_LAB: 'My Lab' },
      "environment variable FAULTLINE_LAB is 'My Lab', expected 1 to 40 letters a-z, digits and '-'",
    ],
    [
      { LOG_LEVEL: 'loud' },
      /^environment variable LOG_LEVEL is 'loud', expected one of fatal, error, warn, /,
    ],
  ])('says which variable is wrong, what it is and what was expected', (variables, message) => {
    expect(() => readConfig('iommu', variables)).toThrow(ConfigError);
    expect(() => readConfig('iommu', variables)).toThrow(message);
  });
});

describe('where it answers over HTTP', () => {
  const token = 'a-token-for-the-specs';

  it('is nowhere, this machine, or anywhere with a token', () => {
    expect(readConfig('iommu', {}).http).toBeUndefined();
    expect(readConfig('iommu', { FAULTLINE_TOKEN: token }).http).toBeUndefined();
    expect(readConfig('iommu', { FAULTLINE_HTTP: '', FAULTLINE_TOKEN: '' }).http).toBeUndefined();
    expect(readConfig('iommu', { FAULTLINE_HTTP: '8080' }).http).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(readConfig('iommu', { FAULTLINE_HTTP: '0.0.0.0:80', FAULTLINE_TOKEN: token }).http).toEqual({
      ...{ host: '0.0.0.0', port: 80 },
      token,
    });
  });

  it.each([
    [
      { FAULTLINE_HTTP: 'here' },
      "FAULTLINE_HTTP is 'here', expected [host:]port, such as 8080 or 127.0.0.1:8080",
    ],
    [
      { FAULTLINE_HTTP: '0.0.0.0:80' },
      "FAULTLINE_HTTP is '0.0.0.0:80', expected a loopback address such as 127.0.0.1, or FAULTLINE_TOKEN to be set",
    ],
    [{ FAULTLINE_HTTP: '0.0.0.0:80', FAULTLINE_TOKEN: '' }, 'FAULTLINE_TOKEN to be set'],
    [{ FAULTLINE_HTTP: '[::]:80' }, /is '::+:80', expected a loopback address/],
    [{ FAULTLINE_TOKEN: 'short' }, 'FAULTLINE_TOKEN is set to something else, expected 16 to 200'],
  ])('is refused: %p', (variables, message) => {
    expect(() => readConfig('iommu', variables)).toThrow(ConfigError);
    expect(() => readConfig('iommu', variables)).toThrow(message);
  });
});

describe('readProvisioning', () => {
  it('has a default for everything, and takes what is set', () => {
    expect(readProvisioning({})).toEqual({ replicas: 1, ackWaitMillis: 6_000, format: NEWEST_FORMAT });
    expect(readProvisioning({ FAULTLINE_REPLICAS: '3', FAULTLINE_ACK_WAIT_MILLIS: '1500' })).toEqual({
      replicas: 3,
      ackWaitMillis: 1_500,
      format: NEWEST_FORMAT,
    });
    const [oldest] = FORMATS;
    expect(readProvisioning({ FAULTLINE_FORMAT: oldest?.release }).format).toEqual(oldest);
  });

  it.each([
    [{ FAULTLINE_REPLICAS: '0' }, "FAULTLINE_REPLICAS is '0', expected a whole number from 1 to 5"],
    [{ FAULTLINE_REPLICAS: 'three' }, "FAULTLINE_REPLICAS is 'three', expected a whole number from 1 to 5"],
    [{ FAULTLINE_FORMAT: '0.0.1' }, /is '0.0.1', expected a release from 0.1.0 to \d+\.\d+\.\d+$/],
    [{ FAULTLINE_ACK_WAIT_MILLIS: '10' }, /is '10', expected a whole number from 1000 to 600000/],
  ])('says which variable is wrong, what it is and what was expected', (variables, message) => {
    expect(() => readProvisioning(variables)).toThrow(ConfigError);
    expect(() => readProvisioning(variables)).toThrow(message);
  });
});
