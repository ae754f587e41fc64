using System.Net.Http.Json;
using System.Text.Json;
using Ksmg.Simulator;

namespace Ksmg.Cli.Runs;

/// <summary>Asks the control URL of the simulator that a cluster lives in.</summary>
internal sealed class SimulatorMail(Uri control) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = control, Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>The figures, or <see langword="null"/> when the simulator does not answer: they are an extra, never a reason to stop.</summary>
    public async Task<MailFigures?> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await http.GetFromJsonAsync<MailFigures>("/mail", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public static string Format(MailFigures figures) =>
        Words.Get(
            "demo.figures", figures.Accepted, figures.Delivered, figures.Queued, figures.Lost.Count, figures.Duplicated.Count,
            Units.Duration(TimeSpan.FromMilliseconds(figures.LongestGapMs)));

    public void Dispose() => http.Dispose();
}
