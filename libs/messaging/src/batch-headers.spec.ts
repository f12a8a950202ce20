import { MsgHdrsImpl } from 'nats';
import { encodeAppendHeaders, encodeHeaders, parseHeaders } from './batch-headers';
import { parseDelivery } from './delivery';

const headers = {
  schema: 'iommu.hw',
  version: 2,
  unit: 'iommu.0',
  epoch: 3,
  cycle: 4,
  traceparent: '00-a-b-01',
};

describe('batch headers', () => {
  it('read back as they were written, by us and by the client library', () => {
    const append = {
      subject: 's',
      headers,
      id: 'iommu.0/3/4',
      body: new Uint8Array(0),
      expectedLastSubjectSequence: 0,
    };
    const encoded = encodeAppendHeaders(append).encode();
    expect(parseHeaders(Buffer.from(encoded).toString())).toEqual({ headers, id: 'iommu.0/3/4' });
    const theirs = MsgHdrsImpl.decode(encoded);
    expect(theirs.get('Nats-Expected-Last-Subject-Sequence')).toBe('0');
    expect(theirs.get('Fl-Epoch')).toBe('3');
  });

  it('refuse what would end a header early, and read what is not ours as empty', () => {
    expect(() => encodeHeaders([['Fl-Reason', 'a\r\nNats-Msg-Id: b']])).toThrow(RangeError);
    expect(parseHeaders('')).toEqual({
      headers: { schema: '', version: 0, unit: '', epoch: 0, cycle: 0 },
      id: '',
    });
  });
});

describe('acknowledgement subjects', () => {
  it('are read in both forms', () => {
    const expected = { deliveries: 2, sequence: 1234, deliverySequence: 56, pending: 7 };
    expect(parseDelivery('$JS.ACK.FAULTLINE_a.iopf-q.2.1234.56.1700000000000000000.7')).toEqual(expected);
    expect(
      parseDelivery('$JS.ACK.hub.ACCHASH.FAULTLINE_a.iopf-q.2.1234.56.1700000000000000000.7.random'),
    ).toEqual(expected);
    expect(() => parseDelivery('_INBOX.abc')).toThrow(RangeError);
  });
});
