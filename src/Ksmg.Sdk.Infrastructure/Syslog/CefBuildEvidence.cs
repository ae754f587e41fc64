using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The builds that nodes write into their CEF events, as evidence for an upgrade. Listens from the first question on.</summary>
public sealed class CefBuildEvidence : IBuildEvidence, ISelfTest, IAsyncDisposable
{
    private readonly CefListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _starting = new(1);
    private CefListener? _listener;

    /// <summary>Creates the adapter; nothing is heard yet.</summary>
    /// <param name="options">Where to listen, and to whom.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CefBuildEvidence(CefListenerOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _time) = (options.Checked("Evidence"), timeProvider ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">It cannot be listened.</exception>
    public async Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) =>
        (await ListenAsync(cancellationToken).ConfigureAwait(false)).Evidence.TryGetValue(node, out CefEvidence? heard)
            ? new BuildEvidence(heard.Build, heard.SeenAt, "CEF")
            : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        try
        {
            CefListener listener = await ListenAsync(cancellationToken).ConfigureAwait(false);
            string[] unheard = [.. nodes.Where(node => !listener.Evidence.ContainsKey(node))];
            return
            [
                unheard.Length == 0
                    ? new SelfTestResult(_options.Endpoint, SelfTestOutcome.Works, Words.Get("cef.heard", listener.EndPoint))
                    : new SelfTestResult(
                        _options.Endpoint,
                        SelfTestOutcome.NotTried,
                        Words.Get("cef.unheard", listener.EndPoint, string.Join(", ", unheard)),
                        Words.Get("cef.provoke")),
            ];
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(_options.Endpoint, SelfTestOutcome.Fails, e.Message, Words.Get("cef.remedy"))];
        }
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        _starting.Dispose();
    }

    private async Task<CefListener> ListenAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_listener is null)
            {
                CefListener listener = new(_options, _time);
                try
                {
                    await listener.StartAsync(cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    await listener.DisposeAsync().ConfigureAwait(false);
                    throw;
                }

                _listener = listener;
            }

            return _listener;
        }
        finally
        {
            _starting.Release();
        }
    }
}
