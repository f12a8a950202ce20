/** `iommu.translate` of `<lab>.cmd.iommu.0.translate`: which unit is asked does not matter for what is counted by lane. */
export function laneOf(subject: string): string {
  const [, , kind = '', , verb = ''] = subject.split('.');
  return `${kind}.${verb}`;
}
