using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The state of a node's machine as a snapshot keeps it.</summary>
internal sealed record NodeImage(
    BuildNumber Build,
    NodeRole Role,
    bool Receiving,
    bool Sending,
    int SettingsRevision,
    DateTimeOffset SettingsChangedAt,
    DateTimeOffset? SynchronizedAt,
    DateTimeOffset AppliedAt,
    int CertificateGeneration,
    IReadOnlyList<UploadedUpdate> Uploads,
    IReadOnlyDictionary<string, DiskSpace> Disks,
    UpdateStatus Update,
    QueueImage Queues,
    FileImage Files);
