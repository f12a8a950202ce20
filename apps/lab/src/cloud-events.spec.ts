import { toCloudEvent } from './cloud-events';

describe('CloudEvents', () => {
  const headers = { schema: 'iommu.hw', version: 1, unit: 'iommu.0', epoch: 2, cycle: 9 };
  const placed = {
    run: '20250101-000000-aaaa',
    subject: 'run-x.log.iommu.0.hw',
    sequence: 42,
    place: 3,
    headers,
  };

  test('an event has all that version 1.0 requires, and only extension names it allows', () => {
    const event = toCloudEvent({
      ...placed,
      event: { kind: 'GroupResponded', respondedAtMicros: 1_763_856_000_123_456, group: 7 } as never,
    });
    expect(event).toEqual({
      specversion: '1.0',
      id: '42.3',
      source: '/faultline/20250101-000000-aaaa/iommu.0',
      type: 'faultline.iommu.hw.GroupResponded',
      subject: 'run-x.log.iommu.0.hw',
      time: '2025-11-23T00:00:00.123456Z',
      datacontenttype: 'application/json',
      sequence: '0000000000000042',
      schemaversion: 1,
      epoch: 2,
      cycle: 9,
      data: { respondedAtMicros: 1_763_856_000_123_456, group: 7 },
    });
    for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  test('an event that does not say when has no time; a sampled one has its trace', () => {
    const event = toCloudEvent({
      ...placed,
      headers: { ...headers, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      event: { kind: 'DeviceAttached' },
    });
    expect(event).not.toHaveProperty('time');
    expect(event.traceparent).toMatch(/^00-/);
  });
});
