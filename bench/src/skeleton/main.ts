import { runRole } from '../support/role';
import { SkeletonDevice } from './device';
import { startIommu } from './iommu';
import { startMm } from './mm';
import { skeletonPorts } from './ports';
import { startWorker } from './worker';

void runRole({
  mm: async (url, lab) => startMm(await skeletonPorts('mm', url, lab)),
  worker: async (url, lab) => startWorker(await skeletonPorts('worker', url, lab)),
  iommu: async (url, lab) => startIommu(await skeletonPorts('iommu', url, lab)),
  device: async (url, lab) => new SkeletonDevice(await skeletonPorts('device', url, lab)).start(),
});
