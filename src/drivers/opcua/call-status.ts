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

/**
 * True where a value is good, whatever bits of information come with it (OPC 10000-4, 7.39.1: the low half of a status). Good of
 * another kind is none here: GoodLocalOverride is what somebody typed in, and not what was measured.
 */
export function isGood({ value }: { readonly value: number }): boolean {
  return value >>> 16 === 0;
}

/** True where a server says of a service as a whole that it does not have it. */
export function isUnsupported(statusName: string | null): boolean {
  return (
    statusName === "BadServiceUnsupported" || statusName === "BadNotSupported" || statusName === "BadNotImplemented"
  );
}

/** The name of a status code in the text of an error, such as `BadTooManyOperations`, or null. */
export function statusNameIn(text: string): string | null {
  return /\bBad[A-Z][A-Za-z]+\b/.exec(text)?.[0] ?? null;
}
