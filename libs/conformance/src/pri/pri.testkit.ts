/** A small file of the format, to be changed by specs. */
export function smallFile(steps: readonly object[], vector: object = {}): unknown {
  return {
    format: 'iopf-hw-vectors/1',
    kind: 'public',
    producer: {
      parameters: {
        firstStage: 'Sv39',
        identityTranslationSize: 2_097_152,
        deviceTlbInvalidationTags: 1,
        commandQueueEntries: 4,
        faultQueueEntries: 4,
      },
    },
    counts: { vectors: 1, steps: steps.length, byFamily: { prq: 1 } },
    vectors: [
      { id: 'small', family: 'prq', initial: { iommuMode: 'table-15' }, initialStatus, steps, ...vector },
    ],
  };
}

export const initialStatus = {
  queueEnabled: false,
  queueActive: false,
  queueInterruptEnabled: false,
  queueOverflow: false,
  queueMemoryFault: false,
  queueHead: 0,
  queueTail: 0,
  queueEntries: 2,
  irqPageRequest: false,
  irqFault: false,
  irqCommand: false,
  fenceWaiting: false,
  waitingForTag: false,
  tagsInUse: 0,
  commandTimeout: false,
  commandIllegal: false,
  commandMemoryFault: false,
};

export const device = {
  op: 'device',
  in: {
    deviceId: 16,
    ats: true,
    pri: true,
    responsePasidRequired: false,
    pasidBits: 20,
    defaultPasidZero: false,
    hardwareAccessedDirty: true,
    valid: true,
    suppressTranslationFaultRecords: false,
  },
};

const asked = {
  deviceId: 16,
  pasid: 1,
  privileged: false,
  execute: false,
  address: '0x5000',
  prgIndex: 3,
  last: true,
  read: true,
  write: false,
};

/** A request that meets a disabled queue. */
export const refusedRequest = {
  op: 'pageRequest',
  in: asked,
  out: { disposition: 'answered', responses: [{ deviceId: 16, pasid: 1, prgIndex: 3, code: 15 }] },
};

/** A translation request that sets the dirty bit: `steps` map the page for it. */
export const dirtying = {
  steps: [
    device,
    {
      op: 'bindPasid',
      in: { deviceId: 16, pasid: 1, supervisorAllowed: false, supervisorMayAccessUser: false },
    },
    {
      op: 'map',
      in: {
        deviceId: 16,
        pasid: 1,
        address: '0x5000',
        physical: '0x900000000',
        size: 4096,
        read: true,
        write: true,
        execute: false,
        user: true,
        global: false,
        accessed: true,
        dirty: false,
      },
    },
  ],
  request: {
    op: 'translationRequest',
    in: { deviceId: 16, pasid: 1, address: '0x5000', noWrite: false, execute: false, privileged: false },
    out: {
      completion: {
        status: 'success',
        read: true,
        write: false,
        execute: false,
        privileged: false,
        untranslatedOnly: false,
        global: false,
        size: 4096,
        translated: '0x900000000',
      },
      leafAfter: { accessed: true, dirty: true },
    },
    accept: { 'completion.write': [false, true] },
  },
};
