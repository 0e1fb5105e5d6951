/** Who reads which pages with samples, and what these leave to the reader. */
export const READERS: Readonly<Record<string, { readonly pages: readonly string[]; readonly leftToReader: string }>> = {
  'pages and servers': {
    pages: [
      'README.md',
      'docs/policy-language.md',
      'docs/sdk/doctor.md',
      'docs/sdk/media.md',
      'packages/appserver/README.md',
      'packages/policy/README.md',
      'packages/server/README.md',
      'packages/wire/README.md',
      'packages/uploader/README.md',
    ],
    leftToReader: `
      declare const file: File;
      declare const input: HTMLInputElement;
      declare const endpoint: string;
      declare const credentials: import('@sluice/uploader').CredentialsFunction;
      declare const fetchToken: import('@sluice/uploader').CredentialsFunction;
      declare const uploader: import('@sluice/uploader/browser').Uploader<File>;
      declare const createUploader: typeof import('@sluice/uploader/browser').createUploader;
      declare function show(...values: unknown[]): void;
      declare const text: string;
      declare const directory: string;
      declare const rolePolicies: Parameters<typeof import('@sluice/policy').shrink>[0];
      declare const shrink: typeof import('@sluice/policy').shrink;
      declare const createTokenVendor: typeof import('@sluice/appserver').createTokenVendor;
      declare const sessionNameOf: typeof import('@sluice/appserver').sessionNameOf;
      declare const assumeRole: import('@sluice/appserver').AssumeRole;
      declare const roleArn: string;
      declare const accessKeyId: string;
      declare const accessKeySecret: string;
      declare function userOfYourSession(request: Request): string | undefined;
      declare const bucket: string;`,
  },
  phones: {
    pages: ['docs/sdk/react-native.md'],
    leftToReader: `
      declare function fetchToken(): Promise<{
        accessKeyId: string; accessKeySecret: string; securityToken: string; expiration: string;
      }>;
      declare const uploader: import('@sluice/uploader').Uploader<import('@sluice/uploader/react-native').NativeFile>;
      declare const files: import('@sluice/uploader/react-native').FilePort;
      declare const accessKeyId: string;
      declare const accessKeySecret: string;
      declare const securityToken: string;
      declare const expiration: string;
      declare const uri: string;
      declare function setFraction(fraction: number): void;
      declare function show(fraction: number): void;
      declare function done(id: string | undefined): void;`,
  },
};
