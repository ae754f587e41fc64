namespace Ksmg.Sdk;

/// <summary>Turns bytes sent into reports: in order, inline, a few a second, the first and the last always.</summary>
internal sealed class UploadMeter(IProgress<UploadProgress>? progress, long totalBytes, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Queue<(long At, long Bytes)> _samples = new();
    private long _lastReport;
    private int _attempt;

    /// <summary>A new attempt begins, at this place of the package. Its rate owes nothing to the one before.</summary>
    public void Begin(int number, long bytes)
    {
        _attempt = number;
        _samples.Clear();
        Report(bytes);
    }

    /// <summary>The attempt has sent the package up to this place.</summary>
    public void Sent(long bytes)
    {
        if (bytes == totalBytes || time.GetElapsedTime(_lastReport) >= Interval)
        {
            Report(bytes);
        }
    }

    private void Report(long bytes)
    {
        long now = _lastReport = time.GetTimestamp();
        while (_samples.Count > 1 && time.GetElapsedTime(_samples.Peek().At, now) > Window)
        {
            _samples.Dequeue();
        }

        _samples.Enqueue((now, bytes));
        double seconds = time.GetElapsedTime(_samples.Peek().At, now).TotalSeconds;
        double rate = seconds > 0 ? (bytes - _samples.Peek().Bytes) / seconds : 0;
        progress?.Report(new UploadProgress
        {
            SentBytes = bytes,
            TotalBytes = totalBytes,
            BytesPerSecond = rate,
            Remaining = rate > 0 ? TimeSpan.FromSeconds((totalBytes - bytes) / rate) : null,
            Attempt = _attempt,
        });
    }
}
