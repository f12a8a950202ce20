import { describeBlobPort } from '../testkit/blob-port.contract.testkit';
import { MemoryBlobs } from './memory-blobs';

describeBlobPort('memory', async () => ({ blobs: new MemoryBlobs(), close: () => Promise.resolve() }));
