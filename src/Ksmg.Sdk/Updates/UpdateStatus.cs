namespace Ksmg.Sdk;

/// <summary>Where the installation of an update on a node stands.</summary>
public sealed record UpdateStatus
{
    /// <summary>The state.</summary>
    public required UpdateState State { get; init; }

    /// <summary>The id of the upload that is or was installed.</summary>
    public string? UploadId { get; init; }

    /// <summary>Progress in percent, where the node says so.</summary>
    public int? ProgressPercent { get; init; }

    /// <summary>Why the installation was aborted: objects on the machine the appliance does not know.</summary>
    public IReadOnlyList<string> UnknownObjects { get; init; } = [];

    /// <summary>The node's words.</summary>
    public string? Message { get; init; }

    /// <summary>Whether something is being installed right now.</summary>
    public bool IsRunning => State == UpdateState.Preparing || State == UpdateState.Installing || State == UpdateState.Restarting;
}
