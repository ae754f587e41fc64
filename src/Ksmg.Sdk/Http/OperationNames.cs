namespace Ksmg.Sdk;

/// <summary>The names under which the clients ask the catalogue.</summary>
internal static class OperationNames
{
    public const string GetAuthInfo = "get-auth-info";
    public const string UserLogin = "user-login";
    public const string ListNodes = "list-nodes";
    public const string GetNodeStatus = "get-node-status";
    public const string GetCurrentUser = "get-current-user";
    public const string StartIntegrityCheck = "start-integrity-check";
    public const string GetAbout = "get-about";
    public const string GetQueueSummary = "get-queue-summary";
    public const string ListQueue = "list-queue";
    public const string FlushQueue = "flush-queue";
    public const string GetMailFlow = "get-mail-flow";
    public const string SetReceiving = "set-receiving";
    public const string SetSending = "set-sending";
    public const string UploadUpdate = "upload-update";
    public const string ListUpdates = "list-updates";
    public const string DeleteUpdate = "delete-update";
    public const string StartUpdate = "start-update";
    public const string GetUpdateStatus = "get-update-status";
    public const string AssignControl = "assign-control";
    public const string AssignSecondary = "assign-secondary";
}
