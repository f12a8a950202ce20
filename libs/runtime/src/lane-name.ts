import { byValue } from './metrics/families';

/**
 * `iommu.translate` of `<lab>.cmd.iommu.0.translate`: which unit is asked does not matter for what is counted by lane. Asked for every message
 * of a traced fault, of which there are as many subjects as lanes.
 */
export const laneOf = byValue((subject) => {
  const [, , kind = '', , verb = ''] = subject.split('.');
  return `${kind}.${verb}`;
});
