/** Asks the official credentials client for credentials, twice: what it is told to be comes as JSON, what it got goes out so. */
import { createRequire } from 'node:module';

const { default: Credential, Config } = createRequire(import.meta.url)('@alicloud/credentials');

const credential = new Credential(new Config(JSON.parse(process.argv[2] ?? '{}')));
const got = [await credential.getCredential(), await credential.getCredential()];
console.log(JSON.stringify(got));
