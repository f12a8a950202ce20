/** A PASID cannot be used again while accesses of its last use are under way (R102). A refusal: nothing has changed. */
export class PasidStillStopping extends Error {
  constructor(
    readonly device: number,
    readonly pasid: number,
  ) {
    super(`device ${device} is still stopping PASID ${pasid}`);
    this.name = 'PasidStillStopping';
  }
}
