// SPDX-License-Identifier: GPL-2.0-or-later
// Keys: added, found, read, updated, linked, revoked; keyrings of the session; errors.
#include "net.h"
#include <linux/keyctl.h>

int main(void)
{
	char buf[200];
	struct iovec iov[2] = { { "new", 3 }, { "er", 2 } };
	int ring, key;
	long n;

	P(S(keyctl, KEYCTL_JOIN_SESSION_KEYRING, "ulk-session") > 0);
	P((ring = S(add_key, "keyring", "ring", NULL, 0, KEY_SPEC_SESSION_KEYRING)) > 0);
	P((key = S(add_key, "user", "secret", "payload", 7, ring)) > 0);
	P(S(add_key, "nosuch", "x", "y", 1, ring));
	P(S(add_key, "user", "x", NULL, 0, ring));
	P(S(add_key, "user", "x", "y", 40000, ring));
	P(S(add_key, "user", "x", "y", 1 << 21, ring));
	P(S(add_key, "user", "x", "y", 1, 0x7ffffff0));
	P(S(add_key, ".user", "x", "y", 1, ring));
	P(S(keyctl, KEYCTL_SEARCH, ring, "user", "secret", 0) == key);
	P(S(keyctl, KEYCTL_SEARCH, ring, "user", "other", 0));
	n = S(keyctl, KEYCTL_READ, key, buf, sizeof(buf));
	printf("%ld %.7s\n", n, buf);
	P(S(keyctl, KEYCTL_READ, key, buf, 3));
	P(S(keyctl, KEYCTL_READ, key, NULL, 0));
	P(S(keyctl, KEYCTL_UPDATE, key, "newer", 5));
	n = S(keyctl, KEYCTL_READ, key, buf, sizeof(buf));
	printf("%ld %.5s\n", n, buf);
	n = S(keyctl, KEYCTL_DESCRIBE, key, buf, sizeof(buf));
	printf("%ld %s\n", n, buf);
	P(S(keyctl, KEYCTL_DESCRIBE, key, buf, 4) == n);
	P(S(keyctl, KEYCTL_SETPERM, key, 0x3f3f0000));
	P(S(keyctl, KEYCTL_CHOWN, key, -1, -1));
	P(S(keyctl, KEYCTL_SET_TIMEOUT, key, 1000));
	P(S(keyctl, KEYCTL_LINK, key, KEY_SPEC_SESSION_KEYRING));
	P(S(keyctl, KEYCTL_UNLINK, key, ring));
	P(S(keyctl, KEYCTL_UNLINK, key, ring));
	P(S(keyctl, KEYCTL_MOVE, key, KEY_SPEC_SESSION_KEYRING, ring, 0));
	P(S(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) > 0);
	P(S(keyctl, KEYCTL_GET_KEYRING_ID, 99, 0));
	P(S(keyctl, KEYCTL_INSTANTIATE_IOV, key, iov, 2, 0));
	P(S(keyctl, KEYCTL_INSTANTIATE, key, "x", 1, 0));
	P(S(keyctl, KEYCTL_NEGATE, key, 5, 0));
	P(S(keyctl, KEYCTL_ASSUME_AUTHORITY, 0));
	P(S(keyctl, KEYCTL_SET_REQKEY_KEYRING, 99));
	P(S(request_key, "user", "secret", NULL, 0) > 0);
	P(S(request_key, "user", "nothing", NULL, 0));
	P(S(keyctl, KEYCTL_CAPABILITIES, buf, 0) > 0);
	P(S(keyctl, KEYCTL_CLEAR, ring));
	P(S(keyctl, KEYCTL_INVALIDATE, ring));
	P(S(keyctl, KEYCTL_REVOKE, KEY_SPEC_SESSION_KEYRING));
	P(S(keyctl, KEYCTL_REVOKE, KEY_SPEC_SESSION_KEYRING));
	P(S(keyctl, 99, 0, 0, 0, 0));
	P(S(keyctl, KEYCTL_PKEY_SIGN, NOWHERE, 0, 0, 0));
	P(S(keyctl, KEYCTL_DH_COMPUTE, (int[]){ 1, 2, 3 }, buf, 10, 0));
	return 0;
}
