namespace Ksmg.Sdk;

/// <summary>The <em>About</em> and <em>Install update</em> pages of one node, on that node's own session.</summary>
public class UpdatesClient
{
    /// <summary>For test doubles.</summary>
    protected UpdatesClient()
    {
    }

    /// <summary>The version the node says it runs.</summary>
    public virtual Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Streams a package to the node, without a temporary file and in constant memory. After a failure past the first byte the node
    /// is asked what it has before anything is sent again.
    /// </summary>
    /// <param name="uploadId">The id of the upload, chosen by the caller: letters, digits and <c>-</c>.</param>
    /// <param name="package">The package.</param>
    /// <param name="progress">Called inline and in order.</param>
    /// <param name="cancellationToken">Cancels the transfer; what the node already has stays there.</param>
    public virtual Task<UploadedUpdate> UploadAsync(string uploadId, UpdatePackageFile package, IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The packages the node holds, complete or not.</summary>
    public virtual Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Deletes an upload; <see langword="false"/> if the node does not have it.</summary>
    public virtual Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Starts the installation of an upload. Never repeated by the SDK.</summary>
    public virtual Task StartAsync(string uploadId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Where the installation stands.</summary>
    public virtual Task<UpdateStatus> GetStatusAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Waits until the installation has ended and the node answers again; a node that does not answer while it restarts is waited for.
    /// </summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the waiting; the installation goes on.</param>
    /// <exception cref="UpdateInterruptedException">Unknown objects were found.</exception>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public virtual Task<UpdateStatus> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
