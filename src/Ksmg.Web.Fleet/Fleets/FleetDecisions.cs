using Ksmg.Sdk;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Web.Fleet;

/// <summary>Tells fleets what people decided on the page: the same as on the command line, with who said so and why.</summary>
internal static class FleetDecisions
{
    /// <summary>What can be said of the fleet as a whole.</summary>
    public static IEnumerable<FleetCommandKind> Of(FleetReport report)
    {
        if (report.NeedsPeople)
        {
            yield return FleetCommandKind.Approve;
        }

        if (report is { End: UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman, IsPaused: false })
        {
            yield return FleetCommandKind.Pause;
        }
    }

    /// <summary>What can be said of a cluster of a fleet that has not ended.</summary>
    public static IEnumerable<FleetCommandKind> Of(FleetClusterReport cluster)
    {
        if (cluster is { Phase: ClusterPhase.Over, End: UpgradeEnd.Completed })
        {
            yield break;
        }

        if (cluster is { Phase: ClusterPhase.Standing or ClusterPhase.Over, IsOut: false })
        {
            yield return FleetCommandKind.Approve;
        }

        if (cluster is { IsHeld: false, IsOut: false })
        {
            yield return FleetCommandKind.Hold;
        }

        if (cluster.IsHeld || cluster.IsOut)
        {
            yield return FleetCommandKind.Release;
        }

        if (!cluster.IsOut)
        {
            yield return FleetCommandKind.LeaveOut;
        }
    }

    /// <summary>Why an order is none; <see langword="null"/>: it can be told.</summary>
    public static Refusal? Refuse(FleetOrder order, out FleetCommandKind kind)
    {
        bool isKnown = Enum.TryParse(order.Kind, ignoreCase: false, out kind) && Enum.IsDefined(kind) && kind.ToString() == order.Kind;
        if (!isKnown || kind == FleetCommandKind.Report)
        {
            return Bad(Web.Words.Get("decision.kind", Printable.OneLine(order.Kind)));
        }

        string? lacks = kind switch
        {
            FleetCommandKind.Approve when string.IsNullOrEmpty(order.WaitHash) => "waitHash",
            FleetCommandKind.Hold or FleetCommandKind.Release or FleetCommandKind.LeaveOut when string.IsNullOrEmpty(order.Cluster) => "cluster",
            _ => null,
        };
        if (lacks is not null)
        {
            return Bad(Web.Words.Get("decision.lacks", lacks));
        }

        bool wantsReason = kind is not (FleetCommandKind.Approve or FleetCommandKind.Pause);
        return wantsReason && string.IsNullOrWhiteSpace(order.Reason) ? Bad(Web.Words.Get("decision.reason")) : null;

        static Refusal Bad(string text) => new(StatusCodes.Status400BadRequest, text);
    }

    /// <summary>Tells the fleet; <see langword="null"/> when nobody drives it who could answer.</summary>
    /// <exception cref="CommandRefusedException">The fleet does not take it.</exception>
    public static Task<RunCommandAnswer?> TellAsync(FleetRun run, FleetCommandKind kind, FleetOrder order, string by, CancellationToken cancellationToken)
    {
        string? reason = string.IsNullOrWhiteSpace(order.Reason) ? null : Printable.OneLine(order.Reason);
        return kind switch
        {
            FleetCommandKind.Approve => run.ApproveAsync(by, order.Cluster, reason, order.WaitHash, cancellationToken),
            FleetCommandKind.Pause => run.PauseAsync(by, reason, cancellationToken),
            FleetCommandKind.Hold => run.HoldAsync(by, order.Cluster!, reason, cancellationToken),
            FleetCommandKind.Release => run.ReleaseAsync(by, order.Cluster!, reason, cancellationToken),
            FleetCommandKind.LeaveOut => run.LeaveOutAsync(by, order.Cluster!, reason, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a decision."),
        };
    }
}
