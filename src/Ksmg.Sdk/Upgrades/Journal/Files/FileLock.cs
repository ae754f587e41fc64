namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A lock between processes of one machine and within this one, meant for milliseconds. The system gives it up when its process ends.
/// </summary>
internal sealed class FileLock(string path, TimeSpan timeout, TimeProvider time)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Takes the lock; dispose what is returned.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">Somebody holds it for longer than the time-out.</exception>
    public async Task<FileStream> EnterAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return DurableFiles.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (time.GetElapsedTime(start) >= timeout)
                {
                    throw new TimeoutException(Words.Get("journal.not-free", path, timeout), e);
                }
            }

            await Task.Delay(RetryInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>EWOULDBLOCK on Linux and macOS, a sharing violation on Windows.</summary>
    private static bool IsHeld(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.HResult is 11 or 35;
}
