namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything outside that a run looks at or changes.</summary>
internal sealed record UpgradeWorld
{
    public required IReadOnlyDictionary<string, INodePort> Nodes { get; init; }

    public ILoadBalancer? LoadBalancer { get; init; }

    public ISnapshotProvider? Snapshots { get; init; }

    public IConfigurationFiles? Configuration { get; init; }

    public IMailProbe? MailProbe { get; init; }

    public IReadOnlyList<INotifier> Notifiers { get; init; } = [];

    public required TimeProvider Time { get; init; }

    /// <summary>The hard limit of every call but an upload: later than this after its intent, no request of ours arrives.</summary>
    public required TimeSpan RequestLimit { get; init; }

    public AdaptersPresent Adapters => new(LoadBalancer is not null, Snapshots is not null, Configuration is not null, MailProbe is not null);
}

/// <summary>Which ports are there.</summary>
internal sealed record AdaptersPresent(bool LoadBalancer, bool Snapshots, bool Configuration, bool MailProbe);
