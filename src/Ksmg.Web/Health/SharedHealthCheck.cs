using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ksmg.Web;

/// <summary>
/// One answer for all who ask within a period: whoever asks for the health of a host, and however often, a node is not asked more than that.
/// </summary>
/// <param name="period">How long an answer is given.</param>
/// <param name="limit">How long the asking may take.</param>
/// <param name="time">The clock.</param>
internal abstract class SharedHealthCheck(TimeSpan period, TimeSpan limit, TimeProvider time) : IHealthCheck
{
    private readonly Lock _gate = new();
    private Task<HealthCheckResult>? _asking;
    private long _askedAt;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_asking is null || _asking.IsCompleted && time.GetElapsedTime(_askedAt) >= period)
            {
                HealthStatus failure = context.Registration.FailureStatus;
                _askedAt = time.GetTimestamp();
                _asking = Task.Run(() => AskAsync(failure), CancellationToken.None);
            }

            return _asking.WaitAsync(cancellationToken);
        }
    }

    /// <param name="failure">What is told of something that does not work at all.</param>
    /// <param name="cancellationToken">Ends the asking when its time is over.</param>
    protected abstract Task<HealthCheckResult> AskAsync(HealthStatus failure, CancellationToken cancellationToken);

    private async Task<HealthCheckResult> AskAsync(HealthStatus failure)
    {
        // What is asked for several does not end with one of them.
        using CancellationTokenSource end = new(limit, time);
        return await AskAsync(failure, end.Token).ConfigureAwait(false);
    }
}
