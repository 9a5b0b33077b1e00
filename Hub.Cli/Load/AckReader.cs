namespace Hub.Cli.Load;

/// <summary>
/// Finds the acknowledgements in what a server sends, wherever the stream is cut into pieces. One per connection; it belongs to
/// the reader of that connection.
/// </summary>
internal sealed class AckReader
{
    private const byte ConnAck = 0x20;
    private const byte PubAck = 0x40;

    private byte _type;
    private int _length;
    private int _shift;
    private int _position;
    private int _value;
    private State _state;

    private enum State
    {
        Type,
        Length,
        Body,
    }

    /// <summary>The return code of CONNACK; null before it came.</summary>
    public byte? ConnectCode { get; private set; }

    /// <summary>Takes the next piece and reports the packet ids of the PUBACKs in it, in order, to the window.</summary>
    /// <returns>How many messages are now acknowledged that were not before.</returns>
    public int Read(ReadOnlySpan<byte> data, InFlightWindow window, long now)
    {
        var acknowledged = 0;
        while (!data.IsEmpty)
        {
            // The plain case first: a whole PUBACK lies at the front.
            if (_state == State.Type && data.Length >= 4 && data[0] == PubAck && data[1] == 2)
            {
                acknowledged += window.Acknowledge((ushort)((data[2] << 8) | data[3]), now) ? 1 : 0;
                data = data[4..];
                continue;
            }

            acknowledged += Step(data[0], window, now) ? 1 : 0;
            data = data[1..];
        }

        return acknowledged;
    }

    /// <summary>One byte at a time, for packets that are cut and for those that are not PUBACK.</summary>
    private bool Step(byte next, InFlightWindow window, long now)
    {
        switch (_state)
        {
            case State.Type:
                (_type, _length, _shift, _position, _value, _state) = (next, 0, 0, 0, 0, State.Length);
                return false;
            case State.Length:
                if (_shift > 21)
                    throw new IOException("The server sent a packet whose length cannot be read.");
                _length |= (next & 0x7F) << _shift;
                _shift += 7;
                if ((next & 0x80) == 0)
                    _state = _length == 0 ? State.Type : State.Body;
                return false;
            default:
                if (_position < 2)
                    _value = (_value << 8) | next;
                if (++_position < _length)
                    return false;
                _state = State.Type;
                if (_type == ConnAck && _length == 2)
                    ConnectCode = (byte)_value;
                return _type == PubAck && _length == 2 && window.Acknowledge((ushort)_value, now);
        }
    }
}
