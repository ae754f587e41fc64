using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Web;

/// <summary>Tells runs what people decided on the page: the same commands as those of the command line, with who said so and why.</summary>
internal static class Decisions
{
    /// <summary>Why an order is none; <see langword="null"/>: it can be told.</summary>
    public static Refusal? Refuse(Order order, out HumanOptionKind kind)
    {
        if (!Enum.TryParse(order.Kind, ignoreCase: false, out kind) || !Enum.IsDefined(kind) || kind.ToString() != order.Kind)
        {
            return Bad(Words.Get("decision.kind", Printable.OneLine(order.Kind)));
        }

        string? lacks = kind switch
        {
            HumanOptionKind.Approve when string.IsNullOrEmpty(order.PlanHash) => "planHash",
            HumanOptionKind.Park or HumanOptionKind.Skip when string.IsNullOrEmpty(order.Node) => "node",
            HumanOptionKind.Override when string.IsNullOrEmpty(order.Check) => "check",
            HumanOptionKind.Override when order.Until is null => "until",
            _ => null,
        };
        if (lacks is not null)
        {
            return Bad(Words.Get("decision.lacks", lacks));
        }

        bool wantsReason = kind is not (HumanOptionKind.Approve or HumanOptionKind.Continue or HumanOptionKind.Pause);
        return wantsReason && string.IsNullOrWhiteSpace(order.Reason) ? Bad(Words.Get("decision.reason")) : null;

        static Refusal Bad(string text) => new(StatusCodes.Status400BadRequest, text);
    }

    /// <summary>Tells the run; <see langword="null"/> when nobody drives it who could answer.</summary>
    /// <exception cref="CommandRefusedException">The run does not take it.</exception>
    public static Task<RunCommandAnswer?> TellAsync(UpgradeRun run, HumanOptionKind kind, Order order, string by, CancellationToken cancellationToken)
    {
        string? reason = string.IsNullOrWhiteSpace(order.Reason) ? null : Printable.OneLine(order.Reason);
        return kind switch
        {
            HumanOptionKind.Approve => run.ApproveAsync(by, order.PlanHash!, order.Node, cancellationToken),
            HumanOptionKind.Pause => run.PauseAsync(by, reason, cancellationToken),
            HumanOptionKind.Park => run.ParkAsync(by, order.Node!, reason, cancellationToken),
            HumanOptionKind.Skip => run.SkipAsync(by, order.Node!, reason, cancellationToken),
            HumanOptionKind.Abort => run.AbortAsync(by, reason, cancellationToken),
            HumanOptionKind.Rollback when order.Node is null => run.RollbackAllAsync(by, reason, cancellationToken),
            HumanOptionKind.Rollback => run.RollbackAsync(by, order.Node, reason, cancellationToken),
            HumanOptionKind.Override => run.OverrideAsync(by, order.Check!, reason!, order.Until!.Value, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a command."),
        };
    }
}
