using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>One server of the balancer's backend. Guarded by the balancer's lock.</summary>
internal sealed class BalancerServer(int id, IMailHost host, NodeMail mail)
{
    /// <summary>Checks in a row until a server counts as up, and as down.</summary>
    public const int Rise = 2;

    /// <inheritdoc cref="Rise"/>
    public const int Fall = 2;

    /// <summary>HAProxy's number of the server, from 1.</summary>
    public int Id { get; } = id;

    /// <summary>Named after the node.</summary>
    public string Name { get; } = host.Name;

    public NodeMail Mail { get; } = mail;

    /// <summary>What it really gets.</summary>
    public LoadMode Mode { get; set; } = LoadMode.Ready;

    /// <summary>What the runtime API claims; differs from <see cref="Mode"/> only while the balancer lies.</summary>
    public LoadMode ShownMode { get; set; } = LoadMode.Ready;

    /// <summary>HAProxy's health: from 0 up to <see cref="Rise"/> + <see cref="Fall"/> − 1, and up from <see cref="Rise"/> on.</summary>
    public int Health { get; private set; } = Rise + Fall - 1;

    /// <summary>Whether its health check is green.</summary>
    public bool IsUp => Health >= Rise;

    public HashSet<BalancerSession> Sessions { get; } = [];

    public long SessionsTotal { get; set; }

    public int SessionsMax { get; set; }

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    /// <summary>When mode or health last changed.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Takes the result of one health check, with HAProxy's arithmetic.</summary>
    public void Checked(bool passed, DateTimeOffset now)
    {
        bool before = IsUp;
        Health = (passed, before) switch
        {
            (true, true) => Rise + Fall - 1,
            (true, false) => Health + 1 == Rise ? Rise + Fall - 1 : Health + 1,
            (false, true) => Health - 1 < Rise ? 0 : Health - 1,
            (false, false) => 0,
        };
        if (IsUp != before)
        {
            ChangedAt = now;
        }
    }
}

/// <summary>One session through the balancer; <paramref name="close"/> ends it from outside.</summary>
internal sealed class BalancerSession(BalancerServer server, DateTimeOffset startedAt, Action close)
{
    public BalancerServer Server { get; } = server;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public void Close() => close();
}
