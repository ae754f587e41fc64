using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What is said about an event beside its own words.</summary>
internal static class EventWords
{
    /// <summary>What kind of event it is, for a subject or a headline.</summary>
    public static string Title(UpgradeEventKind kind) => kind switch
    {
        UpgradeEventKind.NeedsHuman => Words.Get("notifier.needs-human"),
        UpgradeEventKind.Paused => Words.Get("notifier.waits"),
        UpgradeEventKind.Reminder => Words.Get("notifier.still-waits"),
        UpgradeEventKind.RunEnded => Words.Get("notifier.ended"),
        _ => kind.ToString(),
    };

    /// <summary>The commands that the event asks for; the first one explains.</summary>
    public static IReadOnlyList<string> Commands(UpgradeEvent e)
    {
        bool isAtGate = e.Values.ContainsKey("gate") || e.Values.GetValueOrDefault("waitsFor") == nameof(WaitingForKind.Approval);
        return
        [
            $"ksmg explain {e.RunId}",
            .. isAtGate ? [$"ksmg approve {e.RunId}"] : (string[])[],
            .. e.Kind is UpgradeEventKind.Paused or UpgradeEventKind.NeedsHuman or UpgradeEventKind.Reminder ? [$"ksmg resume {e.RunId}"] : (string[])[],
        ];
    }
}
