import { Component, type ReactNode } from 'react';
import { FaultScreen } from '../screens/fault-screen.tsx';

type Props = { children: ReactNode };
type State = { failed: boolean };

/** A fault of our own leaves a way out rather than an empty window. */
export class FaultBoundary extends Component<Props, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <FaultScreen kind="fault" /> : this.props.children;
  }
}
