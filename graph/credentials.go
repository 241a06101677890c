package graph

// credentialMutations each cost a password hash or let a token be tried, so that an operation may have
// only one of them: aliases buy no further attempts.
var credentialMutations = []string{"register", "tokenObtain", "tokenRefresh", "tokenVerify", "tokenRevoke", "passwordChange"}
