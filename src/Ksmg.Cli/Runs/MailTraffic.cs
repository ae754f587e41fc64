using Ksmg.Simulator;

namespace Ksmg.Cli.Runs;

/// <summary>How the mail flows: by the figures of the simulator where there are some, else by what balancer and queues tell.</summary>
internal sealed class MailTraffic
{
    /// <summary>A rate is that of so much time, or of a little more.</summary>
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(5);

    private readonly List<(DateTimeOffset At, long Number)> _counted = [];
    private MailFigures? _figures;
    private UpgradeExplanation? _told;

    /// <summary>Whether mail was lost, or came twice.</summary>
    public bool IsBroken => _figures is { } figures && figures.Lost.Count + figures.Duplicated.Count > 0;

    /// <summary>In words; <see langword="null"/>: nobody has told.</summary>
    public string? Text => _figures is { } figures ? OfFigures(figures) : _told is { } told ? OfNeighbours(told) : null;

    public void Tell(MailFigures figures, DateTimeOffset at)
    {
        _figures = figures;
        Count(at, figures.Accepted);
    }

    public void Tell(UpgradeExplanation told)
    {
        _told = told;
        if (_figures is null && told.Nodes.All(node => node.Load is { SessionsTotal: not null }))
        {
            Count(told.At, told.Nodes.Sum(node => node.Load!.SessionsTotal!.Value));
        }
    }

    private string OfFigures(MailFigures figures) => Words.Get(
        "run.mail",
        Rate("run.mail-rate") ?? Words.Get("run.mail-accepted", figures.Accepted),
        figures.Queued,
        figures.Lost.Count,
        figures.Duplicated.Count,
        Units.Duration(TimeSpan.FromMilliseconds(figures.LongestGapMs)));

    private string OfNeighbours(UpgradeExplanation told)
    {
        string?[] parts =
        [
            told.Nodes.Any(node => node.Load is not null) ? Words.Count("run.sessions", told.Nodes.Sum(node => node.Load?.Sessions ?? 0L)) : null,
            Rate("run.session-rate"),
            told.Nodes.Any(node => node.Queues is not null) ? Words.Count("run.queued", told.Nodes.Sum(node => node.Queues?.Total ?? 0)) : null,
        ];
        return string.Join(", ", parts.OfType<string>());
    }

    private void Count(DateTimeOffset at, long number)
    {
        if (_counted is [.., { } last] && (at <= last.At || number < last.Number))
        {
            // Told already; or it counts anew, as a balancer does that was reloaded.
            _counted.RemoveAll(_ => number < last.Number);
            return;
        }

        _counted.Add((at, number));
        while (_counted.Count > 2 && at - _counted[1].At >= _window)
        {
            _counted.RemoveAt(0);
        }
    }

    private string? Rate(string key) => _counted is [{ } first, .., { } last]
        ? Words.Get(key, (last.Number - first.Number) / (last.At - first.At).TotalSeconds)
        : null;
}
