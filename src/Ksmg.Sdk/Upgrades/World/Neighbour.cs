namespace Ksmg.Sdk.Upgrades;

/// <summary>Calls what others wrote, so that it cannot hold anything up: not by hanging, not by ignoring its token, not by blocking its thread.</summary>
internal static class Neighbour
{
    /// <summary>How long a neighbour may take to answer, unless what it does is limited by the step it is done for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    /// <summary>How long a call that was cut is heard out before it is left to itself.</summary>
    private static readonly TimeSpan Unwinding = TimeSpan.FromSeconds(5);

    /// <param name="call">The call.</param>
    /// <param name="limit">Its time limit; <see cref="Timeout.InfiniteTimeSpan"/> when the token is all that limits it.</param>
    /// <param name="whom">Whom is asked, for people.</param>
    /// <param name="operation">For what; <see langword="null"/> where there is but one thing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="KsmgException">It did not answer in time.</exception>
    public static async Task<T> CallAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeSpan limit, string whom, string? operation, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken token = cut.Token;

        // Nobody is beside a clock that is moved by hand: there the call is begun right here, and is over mostly.
        Task<T> answer = time == TimeProvider.System ? Task.Run(() => call(token), CancellationToken.None) : call(token);
        if (answer.IsCompleted)
        {
            return await answer.ConfigureAwait(false);
        }

        using ITimer timer = time.CreateTimer(Cut, cut, limit, Timeout.InfiniteTimeSpan);
        try
        {
            return await answer.WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            if (!answer.IsCompleted)
            {
                using CancellationTokenSource heard = new();
                await Task.WhenAny(answer, Task.Delay(Unwinding, time, heard.Token)).ConfigureAwait(false);
                heard.Cancel();
            }

            if (answer.IsCompletedSuccessfully)
            {
                return await answer.ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            throw new KsmgException(Words.Get("error.neighbour-silent", operation is null ? whom : $"{whom} ({operation})", limit));
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public static Task CallAsync(Func<CancellationToken, Task> call, TimeSpan limit, string whom, TimeProvider time, CancellationToken cancellationToken)
    {
        return CallAsync(DoneAsync, limit, whom, operation: null, time, cancellationToken);

        async Task<bool> DoneAsync(CancellationToken token)
        {
            await call(token).ConfigureAwait(false);
            return true;
        }
    }

    private static void Cut(object? call)
    {
        try
        {
            ((CancellationTokenSource)call!).Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It came back meanwhile.
        }
    }
}
