import { createHash } from 'node:crypto'
import { hashSync as bcryptHash } from 'bcryptjs'
import { hashPassword } from '../../src/login/password-hash.ts'

export const PASSWORD = 'correct horse battery'
export const WRONG = { matches: false, needsRehash: false }
export const RIGHT = { matches: true, needsRehash: false }
export const RIGHT_BUT_OLD = { matches: true, needsRehash: true }
export const problem = (name: string) => ({ ...WRONG, problem: name })

/** A cheap setting of bcrypt, and one of Argon2. */
export const bcrypt4 = (password: string) => bcryptHash(password, 4)
export const argon2Text = (parameters: string, tag = 'A'.repeat(43)) =>
  `$argon2id$v=19$${parameters}$c29tZXNhbHQ$${tag}`

export function keycloakText(algorithm: string, secret: object, data: object): string {
  return JSON.stringify({
    type: 'password',
    secretData: JSON.stringify({ ...secret, additionalParameters: {} }),
    credentialData: JSON.stringify({ algorithm, additionalParameters: {}, ...data }),
  })
}

// Made with Python's hashlib, so that not one implementation is compared with itself. The salt is 00 to 0f or text.
export const SALT = 'AAECAwQFBgcICQoLDA0ODw=='
const SHA1_64 = 'yr+bZKkEnTtGf3f18VjXM5CIxT9gt2kfzsoPOBHUS/RLDCZ42k0onOKxREnD3cAEEtG4G7TZX43IWO1b/MW15g=='
export const SHA256_64 =
  'AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I3oPrOafEIqFGOq0+8aVYIT/+xVcPChXj+A8gpxtbBrFQ=='
const SHA512_64 = 'ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648lE68lw5lzmucru/HdPvmBJDSLroVh1Q2xCvjqd8NI/6Q=='

export const imported: Readonly<Record<string, string>> = {
  'bcrypt $2b$ (Auth0)': bcrypt4(PASSWORD),
  'bcrypt $2a$': bcrypt4(PASSWORD).replace('$2b$', '$2a$'),
  'bcrypt $2y$ (PHP)': bcrypt4(PASSWORD).replace('$2b$', '$2y$'),
  'scrypt PHC': '$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk',
  'passlib SHA-1': '$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$yr.bZKkEnTtGf3f18VjXM5CIxT8',
  'passlib SHA-256': '$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM.qF6qvs/98I0',
  'passlib SHA-512': `$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$${SHA512_64.replaceAll('+', '.').slice(0, -2)}`,
  'PBKDF2 PHC':
    '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0',
  'Django PBKDF2': 'pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=',
  'Django PBKDF2 SHA-1': 'pbkdf2_sha1$1000$seasalt$LPTbYn9/9ALjztx0Dtq5V+DLYLg=',
  'Django scrypt':
    'scrypt$1024$seasalt$8$2$UTzTzbUTVPSMaTCvuRtVg7073ok4joO2kbVBgPheKrEnHEK/xjMf4YzB/UVLAjESbpr2HD4ztzI/EAcR0jmkyw==',
  'Django bcrypt': `bcrypt$${bcrypt4(PASSWORD)}`,
  'Django bcrypt_sha256': `bcrypt_sha256$${bcrypt4(createHash('sha256').update(PASSWORD).digest('hex'))}`,
  'Django Argon2': `argon2${hashPassword(PASSWORD)}`,
  'ASP.NET Identity 2': 'AAABAgMEBQYHCAkKCwwNDg/Kv5tkqQSdO0Z/d/XxWNczkIjFP2C3aR/Oyg84EdRL9A==',
  'ASP.NET Identity 3 SHA-1':
    'AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg/Kv5tkqQSdO0Z/d/XxWNczkIjFP2C3aR/Oyg84EdRL9A==',
  'ASP.NET Identity 3 SHA-256':
    'AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8CFp5nTYDA/HKS6GEMjxe+FA3wYq+aoz6oXqq+z/3wjQ==',
  'ASP.NET Identity 3 SHA-512':
    'AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9OjEVSLnLd+mtlFb9XoK6lHa4gNh+7LmuWwX1ngTrjyQ==',
  'Keycloak SHA-1': keycloakText('pbkdf2', { value: SHA1_64, salt: SALT }, { hashIterations: 1000 }),
  'Keycloak SHA-256': keycloakText(
    'pbkdf2-sha256',
    { value: SHA256_64, salt: SALT },
    { hashIterations: 1000 },
  ),
  'Keycloak SHA-512': keycloakText(
    'pbkdf2-sha512',
    { value: SHA512_64, salt: SALT },
    { hashIterations: 1000 },
  ),
}
