import { z } from 'zod';
import { type Diagnostic, MAX_DIAGNOSTIC_MESSAGE, openDiagnostic } from '../../gate/diagnostic-message.js';
import type { Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';

/** Tells those of the account that may why a call of theirs was refused. Reference: ram-sts 4.6. */
export function decodeDiagnosticMessage({ ring }: Pick<RamParts, 'ring'>): Operation {
  return ramOperation({
    name: 'DecodeDiagnosticMessage',
    description: 'Decodes the EncodedDiagnosticMessage of an access denied error.',
    input: z.object({ EncodedDiagnosticMessage: z.string().max(MAX_DIAGNOSTIC_MESSAGE) }),
    resource: () => '*',
    async handle(given, call) {
      const diagnostic = openDiagnostic(ring, accountOf(call), given.EncodedDiagnosticMessage);
      // One answer for whatever is wrong with it: a message that opens for somebody else is not to be told from noise.
      if (diagnostic === undefined) {
        throw ramErrors.invalid(
          'EncodedDiagnosticMessage',
          'it was changed, was made for another account, or is older than the keys that are kept.',
        );
      }
      return { DecodedDiagnosticMessage: show(diagnostic) };
    },
  });
}

function show({ requestId, at, principal, context, explanation }: Diagnostic): object {
  const { action, resource, noPermissionType, policyType, sets, sentence } = explanation;
  const matched = sets.flatMap(({ decidedBy }) => decidedBy);
  return {
    AuthAction: action,
    AuthResource: resource,
    AuthPrincipal: {
      AuthPrincipalType: principal.type,
      AuthPrincipalOwnerId: principal.ownerId,
      AuthPrincipalDisplayName: principal.displayName,
    },
    AuthConditions: Object.entries(context).map(([ConditionKey, value]) => ({
      ConditionKey,
      ConditionValues: [value],
    })),
    ExplicitDeny: noPermissionType === 'ExplicitDeny',
    NoPermissionPolicyType: policyType ?? '',
    MatchedPolicies: matched.map(({ policy, type, effect }) => ({
      PolicyIdentifier: policy,
      PolicyType: type,
      Effect: effect,
      AttachedScope: 'Account',
    })),
    // Beyond what the clients know: the same in words, and in full as one JSON text.
    Explanation: sentence,
    ExplanationDetail: JSON.stringify({ requestId, at: new Date(at).toISOString(), sets }),
  };
}
