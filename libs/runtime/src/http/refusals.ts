import { HttpException, HttpStatus } from '@nestjs/common';

/** A request that is not served, and why: the class names the kind, the message is one line for a person. */
export abstract class Refusal extends HttpException {
  constructor(message: string, status: HttpStatus) {
    super(message, status);
    this.name = new.target.name;
  }
}

/** The request names a host that this service is not: a page of another site that made its own name lead here. */
export class HostNotServed extends Refusal {
  constructor(host: string | undefined) {
    super(
      `this service listens for its own machine only and is not '${host ?? ''}'; ask for localhost or 127.0.0.1`,
      HttpStatus.MISDIRECTED,
    );
  }
}

/** There is a token, and the request does not show it. */
export class TokenMissing extends Refusal {
  constructor() {
    super(
      "this service asks for its FAULTLINE_TOKEN, as 'Authorization: Bearer <token>' or by a login at /login",
      HttpStatus.UNAUTHORIZED,
    );
  }
}

/** The token of a login is not the right one. */
export class TokenWrong extends Refusal {
  constructor() {
    super('that is not the FAULTLINE_TOKEN of this service', HttpStatus.UNAUTHORIZED);
  }
}

/** The request would change something, and there is no token by which to know who asks. */
export class ChangeNotAllowed extends Refusal {
  constructor(method: string) {
    super(
      `${method} changes something, which needs a token: start the service with FAULTLINE_TOKEN`,
      HttpStatus.FORBIDDEN,
    );
  }
}

/** A page of another origin wants to change something with the login of the browser it is open in. */
export class OriginForeign extends Refusal {
  constructor(origin: string) {
    super(`a page of ${origin} may change nothing here`, HttpStatus.FORBIDDEN);
  }
}

/** The answer took too long. */
export class AnswerLate extends Refusal {
  constructor(millis: number) {
    super(`there was no answer within ${millis / 1_000} s; ask for less`, HttpStatus.SERVICE_UNAVAILABLE);
  }
}
