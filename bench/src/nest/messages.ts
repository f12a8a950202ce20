/** The wall clock. These processes load nothing of Faultline, so that its memory is not counted as theirs. */
export const nowMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** The subjects of the comparison with Nest's stock transporter, and its messages: the fields that Faultline's have, as JSON. */
export const TRANSLATE = 'bench.iommu.translate';
export const PAGE_REQUEST = 'bench.iommu.page-request';
export const WORK = 'bench.worker.work';
export const HANDLE = 'bench.mm.handle';

export interface TranslateJson {
  translation: number;
  device: number;
  pasid: number;
  page: number;
  permissions: number;
}

export interface TranslatedJson {
  translation: number;
  status: 'success';
  permissions: number;
  frame: number;
}

export interface PageRequestJson {
  segment: number;
  request: number;
  device: number;
  pasid: number;
  page: number;
  permissions: number;
  groupId: number;
  last: boolean;
  round: number;
  sentAtMicros: number;
}

export interface HandledJson {
  request: number;
  code: number;
  handlingAtMicros: number;
  handledAtMicros: number;
}
