import { Refusal } from '@faultline/runtime';

/** There is no report of a study of that name in the folder of studies. */
export class StudyUnknown extends Refusal {
  constructor(study: string) {
    super(`there is no report of a study '${study}' here; /api/studies lists those there are`, 404);
  }
}
