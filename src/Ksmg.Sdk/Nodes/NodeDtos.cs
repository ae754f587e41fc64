using System.Text.Json;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

internal sealed record NodeListDto : IJsonOnDeserialized
{
    public bool EmergencyMode { get; init; }

    public required List<NodeRowDto> Nodes { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Nodes, "nodes");
}

internal sealed record NodeRowDto : IJsonOnDeserialized
{
    public required string Address { get; init; }

    /// <summary>What the appliance calls the node where it wants an id; a text or a number.</summary>
    public JsonElement? Id { get; init; }

    public string? HostName { get; init; }

    public string? Comment { get; init; }

    public string? Role { get; init; }

    public string? State { get; init; }

    public string? Build { get; init; }

    public string? Fingerprint { get; init; }

    public string? Virtualization { get; init; }

    public int? ScanThreads { get; init; }

    public DateTimeOffset? SynchronizedAt { get; init; }

    public DateTimeOffset? AppliedAt { get; init; }

    public string? Databases { get; init; }

    public List<ProblemDto>? Problems { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Problems, "problems");

    public Node ToModel() => new()
    {
        Address = Address,
        HostName = HostName,
        Comment = Comment,
        Role = new NodeRole(Role ?? ""),
        State = new NodeState(State ?? ""),
        Build = BuildNumber.TryParse(Build, out BuildNumber build) ? build : null,
        CertificateFingerprint = Fingerprint,
        Virtualization = Virtualization,
        ScanThreads = ScanThreads,
        SynchronizedAt = SynchronizedAt,
        AppliedAt = AppliedAt,
        Databases = new DatabasesState(Databases ?? ""),
        Problems = ProblemDto.ToModels(Problems),
    };
}

internal sealed record ProblemDto(string? Code, string? Message)
{
    public static IReadOnlyList<NodeProblem> ToModels(List<ProblemDto>? problems) =>
        problems is null ? [] : problems.ConvertAll(p => new NodeProblem(p.Code ?? "", p.Message ?? ""));
}

internal sealed record NodeStatusDto : IJsonOnDeserialized
{
    public required string Address { get; init; }

    public string? HostName { get; init; }

    public string? Role { get; init; }

    public bool EmergencyMode { get; init; }

    public string? State { get; init; }

    public DateTimeOffset? SynchronizedAt { get; init; }

    public DateTimeOffset? AppliedAt { get; init; }

    public DateTimeOffset? SettingsChangedAt { get; init; }

    public string? Databases { get; init; }

    public DateTimeOffset? Clock { get; init; }

    public string? License { get; init; }

    public List<DiskDto>? Disks { get; init; }

    public List<ServiceDto>? Services { get; init; }

    public IntegrityDto? Integrity { get; init; }

    public List<ProblemDto>? Problems { get; init; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        UnusableDataException.RefuseGaps(Disks, "disks");
        UnusableDataException.RefuseGaps(Services, "services");
        UnusableDataException.RefuseGaps(Problems, "problems");
    }

    public NodeStatus ToModel() => new()
    {
        Address = Address,
        HostName = HostName,
        Role = new NodeRole(Role ?? ""),
        EmergencyMode = EmergencyMode,
        State = new NodeState(State ?? ""),
        SynchronizedAt = SynchronizedAt,
        AppliedAt = AppliedAt,
        SettingsChangedAt = SettingsChangedAt,
        Databases = new DatabasesState(Databases ?? ""),
        Clock = Clock,
        License = new LicenseState(License ?? ""),
        Disks = Disks is null ? [] : Disks.ConvertAll(d => new DiskSpace(d.Mount, d.FreeBytes, d.TotalBytes)),
        Services = Services is null ? [] : Services.ConvertAll(s => new ServiceStatus(s.Name, new ServiceState(s.State ?? ""))),

        // A node that says nothing of its integrity has not said that no check ran: the empty state equals none of the known ones.
        Integrity = new IntegrityCheck(new IntegrityState(Integrity?.State ?? ""), Integrity?.CheckedAt),
        Problems = ProblemDto.ToModels(Problems),
    };
}

internal sealed record DiskDto
{
    public required string Mount { get; init; }

    public required long FreeBytes { get; init; }

    public required long TotalBytes { get; init; }
}

internal sealed record ServiceDto
{
    public required string Name { get; init; }

    public string? State { get; init; }
}

internal sealed record IntegrityDto(string? State, DateTimeOffset? CheckedAt);

internal sealed record CurrentUserDto : IJsonOnDeserialized
{
    public required string UserName { get; init; }

    public List<string>? Permissions { get; init; }

    public DateTimeOffset? PasswordExpiresAt { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Permissions, "permissions");

    public CurrentUser ToModel() => new()
    {
        UserName = UserName,
        CanEditSettings = Permissions?.Contains("editSettings") ?? false,
        CanManageNodes = Permissions?.Contains("manageNodes") ?? false,
        PasswordExpiresAt = PasswordExpiresAt,
    };
}
