/** Anything that is wrong with a record as a whole. Each kind has a class of its own; `message` is one line for a person. */
export class RecordError extends Error {
  constructor(
    message: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no record at the path. */
export class RecordMissing extends RecordError {
  constructor(path: string, options?: ErrorOptions) {
    super(`there is no record at ${path}`, path, options);
  }
}

/** A later version of this program wrote the record. */
export class RecordNewer extends RecordError {
  constructor(
    path: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `the record ${path} has schema version ${found}, this program knows versions up to ${known}: use the newer program`,
      path,
    );
  }
}

/** The disk is full, the file or its folder is read-only, or another program holds it. Nothing of the batch was written. */
export class RecordNotWritable extends RecordError {
  constructor(
    path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the record ${path} cannot be written: ${reason}`, path, options);
  }
}

/** A batch does not begin where the record ends. Nothing of it was written. */
export class RecordGap extends RecordError {
  constructor(
    path: string,
    readonly expected: number,
    readonly found: number,
  ) {
    super(
      `the record ${path} ends at sequence ${expected - 1}, but the next message is ${found}: ${found - expected} are missing`,
      path,
    );
  }
}

/** The log ends before the record does: it lost its end, or is another one. Nothing was written. */
export class RecordAhead extends RecordError {
  constructor(
    path: string,
    readonly position: number,
    readonly logEnd: number,
  ) {
    super(
      `the record ${path} ends at sequence ${position}, but the log at ${logEnd}: the log lost its end, or is another one; record it into a new folder`,
      path,
    );
  }
}

/** Another writer wrote to the record since this one opened it. Nothing of the batch was written; open it again. */
export class RecordTaken extends RecordError {
  constructor(
    path: string,
    readonly position: number,
    options?: ErrorOptions,
  ) {
    super(
      `the record ${path} is not at sequence ${position} any more: another writer is at it`,
      path,
      options,
    );
  }
}

/** The file is not a record, or is damaged. */
export class RecordUnreadable extends RecordError {
  constructor(
    path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the record ${path} cannot be read: ${reason}`, path, options);
  }
}

const NOT_WRITABLE: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full',
  SQLITE_READONLY: 'it is read-only',
  SQLITE_CANTOPEN: 'the file cannot be created or opened',
  SQLITE_IOERR: 'the disk reports an error',
  SQLITE_BUSY: 'another program holds it',
  SQLITE_LOCKED: 'another program holds it',
  SQLITE_PERM: 'permission is denied',
  SQLITE_AUTH: 'permission is denied',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'its folder is not a folder',
};
const NOT_READABLE: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'it is not a database',
  SQLITE_CORRUPT: 'the database is damaged',
};

/** The typed error for a failure of the database or the file system; anything unknown stays as it is. */
export function translateError(error: unknown, path: string): unknown {
  if (error instanceof RecordError || typeof error !== 'object' || error === null) return error;
  const code = codeOf(error);
  const notWritable = NOT_WRITABLE[code];
  if (notWritable !== undefined) return new RecordNotWritable(path, notWritable, { cause: error });
  const notReadable = NOT_READABLE[code];
  if (notReadable !== undefined) return new RecordUnreadable(path, notReadable, { cause: error });
  return error;
}

/** TypeORM copies the driver's code onto its own error, or keeps the driver's error inside. */
function codeOf(error: object): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  return String(code ?? driverError?.code ?? '');
}
