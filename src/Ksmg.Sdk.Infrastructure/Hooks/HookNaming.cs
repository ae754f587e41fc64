using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What every kind of hook is told: its name, and when it is called.</summary>
internal static class HookNaming
{
    /// <summary>Every mistake.</summary>
    public static IEnumerable<string> Mistakes(string name, IEnumerable<string> points)
    {
        foreach (string mistake in PortNaming.Mistakes(name))
        {
            yield return mistake;
        }

        string[] known = Enum.GetNames<HookPoint>();
        string[] named = [.. points];
        if (named.Length == 0)
        {
            yield return Words.Get("hook.never", string.Join(", ", known));
        }

        foreach (string point in named.Where(point => !known.Contains(point, StringComparer.OrdinalIgnoreCase)))
        {
            yield return Words.Get("hook.no-point", SectionMistakes.Show(point), string.Join(", ", known), Nearest.Ask(point, known));
        }
    }

    /// <summary>The points, once each.</summary>
    public static IReadOnlyList<HookPoint> Points(IEnumerable<string> points) =>
        [.. points.Select(point => Enum.Parse<HookPoint>(point, ignoreCase: true)).Distinct()];

    /// <summary>A point as programs are told it.</summary>
    public static string Verb(HookPoint point) => point switch
    {
        HookPoint.BeforeRun => "before-run",
        HookPoint.BeforeNode => "before-node",
        HookPoint.AfterNode => "after-node",
        _ => "after-run",
    };
}
