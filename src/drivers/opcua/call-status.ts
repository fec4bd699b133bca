/** What an error of a call means for the one question that counts: can it have been carried out? */

/** Answers by which a server says that it did not begin with the call. Everything else leaves it open. */
const notCarriedOut = new Set(
  (
    "BadMethodInvalid BadNodeIdUnknown BadNodeIdInvalid BadArgumentsMissing BadTooManyArguments BadInvalidArgument " +
    "BadTypeMismatch BadNotExecutable BadUserAccessDenied BadNotImplemented BadServiceUnsupported BadNotSupported " +
    "BadEncodingError BadDecodingError BadEncodingLimitsExceeded BadRequestTooLarge BadTooManyOperations " +
    "BadSessionIdInvalid BadSessionNotActivated BadSecurityChecksFailed BadServerTooBusy BadInvalidState " +
    "BadNotFound BadBrowseNameDuplicated BadNotReadable BadNotWritable BadOutOfRange BadDataEncodingInvalid " +
    "BadResourceUnavailable BadOutOfMemory BadOutOfService"
  ).split(" "),
);

/** True where the name of a status code says that nothing was done. BadTimeout, BadInternalError and their like do not. */
export function certainlyNotDone(statusName: string): boolean {
  return notCarriedOut.has(statusName);
}

/** The name of a status code in the text of an error, such as `BadTooManyOperations`, or null. */
export function statusNameIn(text: string): string | null {
  return /\bBad[A-Z][A-Za-z]+\b/.exec(text)?.[0] ?? null;
}
