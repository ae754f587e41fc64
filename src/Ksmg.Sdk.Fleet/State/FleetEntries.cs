using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>The entries of a fleet's journal, each with the values that belong to it. They have the form of those of a run.</summary>
internal static class FleetEntries
{
    public const string Act = "act";
    public const string Attempt = "attempt";
    public const string Run = "run";
    public const string Seen = "seen";
    public const string End = JournalRules.End;
    public const string Wave = "wave";
    public const string Command = Marks.Command;
    public const string CommandId = "id";
    public const string Accepted = "accepted";

    /// <summary>What no name of a cluster has in it.</summary>
    public const char Between = '\n';

    /// <summary>A cluster may be worked on from now on.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="attempt">From 1.</param>
    /// <param name="run">The run.</param>
    /// <param name="reason">Why.</param>
    /// <param name="seen">The last record of a run that stands and is to go on.</param>
    public static JournalEntry Grant(string cluster, int attempt, string run, Message reason, long? seen = null)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal) { [Act] = nameof(ClusterPhase.Working), [Run] = run };
        if (seen is { } stood)
        {
            values[Seen] = stood.ToString(CultureInfo.InvariantCulture);
        }

        return new JournalEntry { Kind = JournalEntryKind.Intent, Node = cluster, Attempt = attempt, Text = reason, Values = values };
    }

    /// <summary>A cluster has left work, or is about to.</summary>
    public static JournalEntry Leave(string cluster, ClusterPhase phase, UpgradeEnd end, Message reason) => new()
    {
        Kind = JournalEntryKind.Outcome,
        Node = cluster,
        Text = reason,
        Values = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Act] = phase.ToString(), [End] = end.ToString() },
    };

    /// <summary>What a human or a worker said.</summary>
    public static JournalEntry Said(FleetCommand command, Message text, IEnumerable<string> accepted)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal) { [Command] = command.Kind.ToString(), [CommandId] = command.Id };
        if (command.Wave is { } wave)
        {
            values[Wave] = wave;
        }

        string failures = string.Join(Between, accepted);
        if (failures.Length > 0)
        {
            values[Accepted] = failures;
        }

        if (command.Attempt is { } attempt)
        {
            values[Attempt] = attempt.ToString(CultureInfo.InvariantCulture);
        }

        if (command.End is { } end)
        {
            values[End] = end.ToString();
        }

        return new JournalEntry { Kind = JournalEntryKind.Command, Node = command.Cluster, Text = text, Values = values };
    }

    /// <summary>How the fleet stands from now on.</summary>
    public static JournalEntry State(UpgradeEnd state, Message reason) => RunEntries.State(state, reason);

    public static JournalEntry Ended(UpgradeEnd end, Message reason) => RunEntries.Ended(end, reason);
}
