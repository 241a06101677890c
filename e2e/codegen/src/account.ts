// Every root field of accounts and sessions, and of what staff see of them.
import { graphql } from './gql';

export const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      user { id username }
      errors { field code message }
    }
  }
`);

export const SignIn = graphql(`
  mutation SignIn($username: String!, $password: String!) {
    tokenObtain(username: $username, password: $password) {
      access
      refresh
      accessExpiresAt
      refreshExpiresAt
      user { id username }
    }
  }
`);

export const Renew = graphql(`
  mutation Renew($refresh: String) {
    tokenRefresh(refresh: $refresh) { access refresh accessExpiresAt refreshExpiresAt }
  }
`);

export const Verify = graphql(`
  mutation Verify($token: String!) {
    tokenVerify(token: $token) { isValid reason tokenType expiresAt user { id } }
  }
`);

export const SignOut = graphql(`
  mutation SignOut($refresh: String) {
    tokenRevoke(refresh: $refresh) { revoked }
  }
`);

export const Logout = graphql(`
  mutation Logout($scope: LogoutScope!) {
    logout(scope: $scope) { revokedSessions }
  }
`);

export const Me = graphql(`
  query Me {
    me { id username email firstName lastName isActive isStaff dateJoined lastLogin }
  }
`);

export const Sessions = graphql(`
  query Sessions {
    sessions { id createdAt lastUsedAt expiresAt ipAddress userAgent current }
  }
`);

export const EndSession = graphql(`
  mutation EndSession($id: ID!) {
    sessionRevoke(id: $id) {
      session { id }
      errors { field code message }
    }
  }
`);

export const UpdateProfile = graphql(`
  mutation UpdateProfile($input: ProfileUpdateInput!) {
    profileUpdate(input: $input) {
      user { id username email }
      errors { field code message }
    }
  }
`);

export const ChangePassword = graphql(`
  mutation ChangePassword($oldPassword: String!, $newPassword: String!) {
    passwordChange(oldPassword: $oldPassword, newPassword: $newPassword) {
      user { id }
      errors { field code message }
    }
  }
`);

export const Users = graphql(`
  query Users($first: Int, $after: String, $search: String, $where: UserWhere, $orderBy: [UserOrder!]) {
    users(first: $first, after: $after, search: $search, where: $where, orderBy: $orderBy) {
      totalCount
      edges { cursor node { id username lastLogin } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const UpdateUser = graphql(`
  mutation UpdateUser($id: ID!, $input: UserUpdateInput!) {
    userUpdate(id: $id, input: $input) {
      user { id isActive isStaff }
      errors { field code message }
    }
  }
`);

export const AuditEvents = graphql(`
  query AuditEvents($first: Int, $after: String, $where: AuditEventWhere) {
    auditEvents(first: $first, after: $after, where: $where) {
      nodes { id kind actor { id } subject { id } sessionId ipAddress userAgent requestId createdAt }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
