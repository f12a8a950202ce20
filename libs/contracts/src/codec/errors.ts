/** A message body that no reader of this version can use. The message goes to the dead letters with `reason`. */
export class DecodeError extends Error {
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`message cannot be decoded: ${reason}`, options);
    this.name = 'DecodeError';
  }
}

/** The body names a schema, or a version of one, that this reader has never heard of. */
export class UnknownSchema extends DecodeError {
  constructor(
    readonly schema: string,
    readonly version: number,
    expected: string,
  ) {
    super(`unknown schema '${schema}' version ${version}, expected ${expected}`);
    this.name = 'UnknownSchema';
  }
}

/** A field holds a value outside its range: a PASID over 20 bits, a page outside 52 bits, a word that is not in its list. */
export class FieldOutOfRange extends DecodeError {
  constructor(
    readonly field: string,
    readonly value: number,
    expected: string,
  ) {
    super(`${field} is ${value}, expected ${expected}`);
    this.name = 'FieldOutOfRange';
  }
}

/** A value does not fit its field on the wire: a defect of the writer. */
export class EncodeError extends Error {
  constructor(message: string) {
    super(`record cannot be encoded: ${message}`);
    this.name = 'EncodeError';
  }
}

/** A message that can be read but does not belong here: of a unit this one has nothing to do with, or out of its sender's sequence. */
export class MessageOutOfPlace extends DecodeError {
  constructor(found: string, expected: string) {
    super(`found ${found}, expected ${expected}`);
    this.message = this.reason;
  }
}
