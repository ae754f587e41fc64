namespace Ksmg.Sdk.Upgrades;

/// <summary>Calls of a store: whatever goes wrong there is an error of the journal, in words.</summary>
internal static class StoreCalls
{
    /// <summary>What a store throws that is neither ours nor the caller's.</summary>
    public static bool IsOfStore(Exception e) => e is not (KsmgException or OperationCanceledException or ArgumentException);

    public static async Task<T> WriteAsync<T>(RunLease lease, Func<Task<T>> write)
    {
        try
        {
            return await WriteAsync(lease.RunId, write).ConfigureAwait(false);
        }
        catch (LeaseLostException)
        {
            throw lease.Lose();
        }
    }

    public static async Task<T> WriteAsync<T>(string what, Func<Task<T>> write)
    {
        try
        {
            return await write().ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            throw new JournalException(Words.Get("journal.unwritable", what, e.Message), e);
        }
    }

    public static async Task<T> ReadAsync<T>(string what, Func<Task<T>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            throw JournalRules.Unreadable(what, e);
        }
    }
}
